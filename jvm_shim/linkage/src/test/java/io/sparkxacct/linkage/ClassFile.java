package io.sparkxacct.linkage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** What one class file declares and what it refers to. Nothing is loaded. */
final class ClassFile {
    /** A text that can only be the name of a class to load by reflection. */
    private static final Pattern CLASS_NAME =
        Pattern.compile("(software\\.amazon\\.awssdk|com\\.amazonaws|org\\.apache\\.hadoop)(\\.[a-z0-9]\\w*)*\\.[A-Z][\\w$]*");
    private static final int CONSTANT_CLASS = 7;

    final Map<String, Integer> methods = new TreeMap<>();
    final Map<String, Integer> fields = new TreeMap<>();
    final SortedSet<Reference> references = new TreeSet<>();
    final List<String> parents = new ArrayList<>();
    String name;
    int access;

    static ClassFile of(byte[] bytes) {
        ClassReader reader = new ClassReader(bytes);
        ClassFile found = new ClassFile();
        reader.accept(found.new Reading(), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
        found.readClassConstants(reader);
        return found;
    }

    boolean isInterface() {
        return (access & Opcodes.ACC_INTERFACE) != 0;
    }

    boolean isConcrete() {
        return (access & (Opcodes.ACC_INTERFACE | Opcodes.ACC_ABSTRACT)) == 0;
    }

    /** Casts, catches, supertypes and class literals all stand there; descriptors do not and are compared as text. */
    private void readClassConstants(ClassReader reader) {
        char[] buffer = new char[reader.getMaxStringLength()];
        for (int item = 1; item < reader.getItemCount(); item++) {
            int offset = reader.getItem(item);
            if (offset > 0 && reader.readByte(offset - 1) == CONSTANT_CLASS) {
                addClass(Type.getObjectType(reader.readUTF8(offset, buffer)));
            }
        }
    }

    private void addClass(Type type) {
        Type element = type.getSort() == Type.ARRAY ? type.getElementType() : type;
        if (element.getSort() == Type.OBJECT) {
            references.add(Reference.toClass(element.getInternalName()));
        }
    }

    private final class Reading extends ClassVisitor {
        Reading() {
            super(Opcodes.ASM9);
        }

        @Override
        public void visit(int version, int flags, String self, String signature, String superName, String[] interfaces) {
            name = self;
            access = flags;
            if (superName != null) {
                parents.add(superName);
            }
            parents.addAll(List.of(interfaces));
        }

        @Override
        public FieldVisitor visitField(int flags, String field, String descriptor, String signature, Object value) {
            fields.put(field + " " + descriptor, flags);
            return null;
        }

        @Override
        public MethodVisitor visitMethod(int flags, String method, String descriptor, String signature, String[] exceptions) {
            methods.put(method + descriptor, flags);
            return new Body();
        }
    }

    private final class Body extends MethodVisitor {
        Body() {
            super(Opcodes.ASM9);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String method, String descriptor, boolean onInterface) {
            addMethod(owner, method, descriptor, opcode == Opcodes.INVOKESTATIC, onInterface);
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String field, String descriptor) {
            references.add(Reference.toField(owner, field, descriptor, opcode == Opcodes.GETSTATIC || opcode == Opcodes.PUTSTATIC));
        }

        @Override
        public void visitInvokeDynamicInsn(String method, String descriptor, Handle bootstrap, Object... arguments) {
            for (Object argument : arguments) {
                visitLdcInsn(argument);
            }
        }

        @Override
        public void visitLdcInsn(Object value) {
            if (value instanceof Handle handle && handle.getTag() >= Opcodes.H_INVOKEVIRTUAL) {
                addMethod(handle.getOwner(), handle.getName(), handle.getDesc(), handle.getTag() == Opcodes.H_INVOKESTATIC, handle.isInterface());
            } else if (value instanceof String text && CLASS_NAME.matcher(text).matches()) {
                references.add(Reference.toClass(text.replace('.', '/')));
            }
        }

        private void addMethod(String owner, String method, String descriptor, boolean isStatic, boolean onInterface) {
            if (!owner.startsWith("[")) {
                references.add(Reference.toMethod(owner, method, descriptor, isStatic, onInterface));
            }
        }
    }
}

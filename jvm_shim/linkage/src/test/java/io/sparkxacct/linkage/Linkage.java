package io.sparkxacct.linkage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.objectweb.asm.Opcodes;

/** The classes of our jar before one release of somebody else's, linked on paper as a JVM would. */
final class Linkage {
    private final Map<String, ClassFile> jar;
    private final Release release;

    Linkage(Map<String, ClassFile> jar, Release release) {
        this.jar = jar;
        this.release = release;
    }

    /** What our classes expect of the release. */
    SortedSet<Reference> expected() {
        SortedSet<Reference> found = new TreeSet<>();
        jar.values().forEach(user -> user.references.stream().filter(item -> isOfRelease(item.owner())).forEach(found::add));
        return found;
    }

    /** What of that a JVM would not find: one line each, with the class that expects it. */
    List<String> missing() {
        List<String> lines = new ArrayList<>();
        for (ClassFile user : jar.values()) {
            String name = user.name.replace('/', '.');
            for (Reference reference : user.references) {
                String problem = isOfRelease(reference.owner()) ? problem(reference) : null;
                if (problem != null) {
                    lines.add(name + ": " + reference + " " + problem);
                }
            }
            if (user.isConcrete()) {
                unimplemented(user).forEach(method -> lines.add(name + ": " + method + " is not implemented"));
            }
        }
        return lines;
    }

    private boolean isOfRelease(String owner) {
        return owner.startsWith(release.prefix());
    }

    private ClassFile find(String className) {
        ClassFile own = jar.get(className);
        return own != null ? own : release.find(className);
    }

    private String problem(Reference reference) {
        ClassFile owner = find(reference.owner());
        if (owner == null) {
            return "is not there";
        }
        return switch (reference.kind()) {
            case CLASS -> (owner.access & Opcodes.ACC_PUBLIC) == 0 ? "is not public" : null;
            case FIELD -> memberProblem(reference, owner, file -> file.fields.get(reference.name() + " " + reference.descriptor()));
            case METHOD -> methodProblem(reference, owner);
        };
    }

    private String methodProblem(Reference reference, ClassFile owner) {
        if (owner.isInterface() != reference.onInterface()) {
            return owner.isInterface() ? "is of an interface there" : "is of a class there";
        }
        return memberProblem(reference, owner, file -> file.methods.get(reference.name() + reference.descriptor()));
    }

    private String memberProblem(Reference reference, ClassFile owner, Function<ClassFile, Integer> declared) {
        List<String> absent = new ArrayList<>();
        for (ClassFile file : hierarchy(owner, absent)) {
            Integer access = declared.apply(file);
            if (access == null) {
                continue;
            }
            if (((access & Opcodes.ACC_STATIC) != 0) != reference.isStatic()) {
                return reference.isStatic() ? "is not static there" : "is static there";
            }
            return (access & (Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED)) == 0 ? "is not public" : null;
        }
        return absent.isEmpty() ? "is not there" : "is not there, nor are the supertypes " + absent;
    }

    /** Methods that the release asks of a class of ours and that nothing implements: an AbstractMethodError when called. */
    private List<String> unimplemented(ClassFile user) {
        List<ClassFile> hierarchy = hierarchy(user, new ArrayList<>());
        List<String> lines = new ArrayList<>();
        for (ClassFile ancestor : hierarchy) {
            if (!isOfRelease(ancestor.name)) {
                continue;
            }
            ancestor.methods.forEach((method, access) -> {
                if ((access & Opcodes.ACC_ABSTRACT) != 0 && hierarchy.stream().noneMatch(file -> implementsMethod(file, method))) {
                    lines.add(ancestor.name.replace('/', '.') + "." + method);
                }
            });
        }
        return lines;
    }

    private static boolean implementsMethod(ClassFile file, String method) {
        Integer access = file.methods.get(method);
        return access != null && (access & (Opcodes.ACC_ABSTRACT | Opcodes.ACC_STATIC)) == 0;
    }

    /** A class, then its supertypes, the nearest first; {@code absent} receives those that are nowhere. */
    private List<ClassFile> hierarchy(ClassFile start, List<String> absent) {
        List<ClassFile> found = new ArrayList<>(List.of(start));
        for (int next = 0; next < found.size(); next++) {
            for (String parent : found.get(next).parents) {
                ClassFile file = find(parent);
                if (file == null) {
                    absent.add(parent.replace('/', '.'));
                } else if (!found.contains(file)) {
                    found.add(file);
                }
            }
        }
        return found;
    }
}

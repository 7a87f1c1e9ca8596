package io.sparkxacct.testkit;

import java.io.IOException;
import java.io.InputStream;

/** As the plugin will do it: one class of the jar in a loader that sees Hadoop and the SDK, but neither our jar nor hadoop-aws. */
public final class OtherLoader extends ClassLoader {
    private OtherLoader(ClassLoader parent) {
        super(parent);
    }

    public static Class<?> define(Class<?> front) {
        return new OtherLoader(front.getClassLoader()).define(front.getName());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (name.startsWith("io.sparkxacct.") || name.startsWith("org.apache.hadoop.fs.s3a.")) {
            throw new ClassNotFoundException(name);
        }
        return super.loadClass(name, resolve);
    }

    private Class<?> define(String name) {
        try (InputStream stream = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            byte[] bytes = stream.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException unreadable) {
            throw new IllegalStateException(unreadable);
        }
    }
}

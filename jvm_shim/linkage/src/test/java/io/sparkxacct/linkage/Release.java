package io.sparkxacct.linkage;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/** The classes of somebody else's jars, and of the JDK behind them. */
final class Release {
    private static final String CLASS = ".class";

    private final String name;
    private final List<JarFile> jars = new ArrayList<>();
    private final Map<String, ClassFile> read = new HashMap<>();

    private Release(String name) {
        this.name = name;
    }

    /** A folder of jars; its name is the release's. */
    static Release in(Path folder) {
        Release release = new Release(folder.getFileName().toString());
        try (Stream<Path> files = Files.list(folder)) {
            for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
                release.jars.add(new JarFile(jar.toFile()));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return release;
    }

    /** Every class of a jar by its name, with slashes. */
    static Map<String, ClassFile> classesOf(Path jar) throws IOException {
        Map<String, ClassFile> found = new TreeMap<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : file.stream().filter(item -> item.getName().endsWith(CLASS)).toList()) {
                try (InputStream stream = file.getInputStream(entry)) {
                    ClassFile content = ClassFile.of(stream.readAllBytes());
                    found.put(content.name, content);
                }
            }
        }
        return found;
    }

    /** The packages that this release, and no other jar, brings. */
    String prefix() {
        if (name.startsWith("hadoop-")) {
            return "org/apache/hadoop/";
        }
        if (name.startsWith("spark-")) {
            return "org/apache/spark/";
        }
        if (name.startsWith("metrics-")) {
            return "com/codahale/metrics/";
        }
        if (name.startsWith("slf4j-")) {
            return "org/slf4j/";
        }
        return name.startsWith("sdk-1.") ? "com/amazonaws/" : "software/amazon/awssdk/";
    }

    /** Null where neither the release nor the JDK has it. {@code className} with slashes. */
    ClassFile find(String className) {
        return read.computeIfAbsent(className, this::load);
    }

    private ClassFile load(String className) {
        String entry = className + CLASS;
        try {
            if (className.startsWith("java/")) {
                return read(ClassLoader.getSystemResourceAsStream(entry));
            }
            for (JarFile jar : jars) {
                if (jar.getEntry(entry) != null) {
                    return read(jar.getInputStream(jar.getEntry(entry)));
                }
            }
            return null;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static ClassFile read(InputStream content) throws IOException {
        try (content) {
            return content == null ? null : ClassFile.of(content.readAllBytes());
        }
    }

    @Override
    public String toString() {
        return name;
    }
}

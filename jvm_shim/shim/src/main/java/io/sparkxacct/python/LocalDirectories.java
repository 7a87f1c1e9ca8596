package io.sparkxacct.python;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Where this JVM may keep files of its own, in the order that Spark itself looks in. */
final class LocalDirectories {
    private LocalDirectories() {
    }

    /** All lookups return null for what is not set. */
    static List<Path> candidates(Function<String, String> environment, Function<String, String> settings, Function<String, String> properties) {
        Set<Path> found = new LinkedHashSet<>();
        if (environment.apply("CONTAINER_ID") != null) {
            add(found, environment.apply("LOCAL_DIRS"), ",");
        }
        add(found, environment.apply("SPARK_EXECUTOR_DIRS"), File.pathSeparator);
        add(found, environment.apply("SPARK_LOCAL_DIRS"), ",");
        add(found, settings.apply("spark.local.dir"), ",");
        add(found, properties.apply("java.io.tmpdir"), "\n");
        return new ArrayList<>(found);
    }

    private static void add(Set<Path> found, String directories, String separator) {
        if (directories == null) {
            return;
        }
        for (String directory : directories.split(separator)) {
            if (!directory.trim().isEmpty()) {
                try {
                    found.add(Paths.get(directory.trim()).toAbsolutePath().normalize());
                } catch (InvalidPathException none) {
                    // Another one serves, or the failure names those that were tried.
                }
            }
        }
    }
}

package io.sparkxacct.python;

import io.sparkxacct.plan.Keys;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipFile;

/**
 * Has the Python processes of this JVM find its endpoint, and its Python daemons begin with our module.
 *
 * <p>All or nothing. Only names of ours and PYTHONPATH go into the JVM's environment, because its SDKs would take AWS's for themselves.
 */
final class WorkerHook implements Closeable {
    private static final String PYTHON_PATH = "PYTHONPATH";
    private static final String DAEMON_FILE = DaemonSettings.OURS.replace('.', '/') + ".py";

    private final Variables variables;
    private final Map<String, String> before = new LinkedHashMap<>();
    private final Map<String, String> after = new LinkedHashMap<>();

    private WorkerHook(Variables variables) {
        this.variables = variables;
    }

    /**
     * @param daemons null leaves Spark's daemon as it is
     * @throws IllegalStateException in words; nothing is changed then
     */
    static WorkerHook install(Variables variables, DaemonSettings daemons, Path jar, Path folder) {
        requireImportable(jar);
        WorkerHook hook = new WorkerHook(variables);
        try {
            hook.set(PYTHON_PATH, with(jar, variables.get(PYTHON_PATH)));
            hook.set(Keys.ENDPOINT_ENVIRONMENT, folder.toString());
            if (daemons != null) {
                hook.set(Keys.NEXT_DAEMON_ENVIRONMENT, daemons.next());
                daemons.install();
            }
            return hook;
        } catch (RuntimeException failed) {
            if (daemons != null) {
                daemons.restore();
            }
            hook.close();
            throw failed;
        }
    }

    /** Takes back what is still as it was set here. The settings end with their SparkContext. */
    @Override
    public void close() {
        after.forEach((name, value) -> {
            String now = variables.get(name);
            if (value == null ? now == null : value.equals(now)) {
                variables.set(name, before.get(name));
            }
        });
        after.clear();
    }

    private void set(String name, String value) {
        before.put(name, variables.get(name));
        variables.set(name, value);
        after.put(name, value);
    }

    private static String with(Path jar, String path) {
        if (path == null || path.isEmpty()) {
            return jar.toString();
        }
        return Arrays.asList(path.split(File.pathSeparator)).contains(jar.toString()) ? path : path + File.pathSeparator + jar;
    }

    /** A daemon module that Python cannot import would break every Python task. */
    private static void requireImportable(Path jar) {
        if (jar == null) {
            throw new IllegalStateException("the jar that this class comes from is no file of this host");
        }
        if (jar.toString().contains(File.pathSeparator)) {
            throw new IllegalStateException("the path of the jar " + jar + " holds \"" + File.pathSeparator + "\", which PYTHONPATH cannot carry");
        }
        boolean found;
        try {
            found = Files.isDirectory(jar) ? Files.isReadable(jar.resolve(DAEMON_FILE)) : holdsTheDaemon(jar);
        } catch (IOException unreadable) {
            throw new IllegalStateException("the jar " + jar + " cannot be read: " + PrivateFiles.reason(unreadable));
        }
        if (!found) {
            throw new IllegalStateException(jar + " holds no " + DAEMON_FILE + ", so Python could not import it; take the jar of the release");
        }
    }

    private static boolean holdsTheDaemon(Path jar) throws IOException {
        try (ZipFile opened = new ZipFile(jar.toFile())) {
            return opened.getEntry(DAEMON_FILE) != null;
        }
    }
}

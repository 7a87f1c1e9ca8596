package io.sparkxacct.spark;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.session.JvmSessions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The classes that S3A loads by name, put into S3A's class loader where that one does not see this jar.
 *
 * <p>S3A looks for them in its own class loader, https://issues.apache.org/jira/browse/HADOOP-18993. A jar of {@code spark.jars} is in one
 * below when hadoop-aws lies in Spark's jars folder. Each front is one class of JDK, Hadoop and SDK types, so it can be defined above by
 * itself; its role sessions come through a field.
 */
final class FrontClasses {
    private static final Logger LOG = LoggerFactory.getLogger(FrontClasses.class);
    private static final String FILE_SYSTEM = "org.apache.hadoop.fs.s3a.S3AFileSystem";
    /** Front -> a class of the SDK that it is written for. */
    private static final Map<String, String> FRONTS = new LinkedHashMap<>();

    static {
        FRONTS.put(Keys.S3A_PROVIDER, "software.amazon.awssdk.auth.credentials.AwsCredentialsProvider");
        FRONTS.put(Keys.S3A_HOOK, "software.amazon.awssdk.core.interceptor.ExecutionInterceptor");
        FRONTS.put(Keys.S3A_V1_PROVIDER, "com.amazonaws.auth.AWSCredentialsProvider");
        FRONTS.put(Keys.S3A_V1_HOOK, "com.amazonaws.handlers.RequestHandler2");
    }

    private final Function<Map<String, Object>, Map<String, String>> source;

    /** @param source as of JvmSessions.providerSource() */
    FrontClasses(Function<Map<String, Object>, Map<String, String>> source) {
        this.source = source;
    }

    /** Does nothing where S3A sees this jar, or where there is no S3A. Throws nothing: the log says what was done, or could not be. */
    static void placeBesideS3A() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        Class<?> fileSystem = find(FILE_SYSTEM, context != null ? context : FrontClasses.class.getClassLoader());
        if (fileSystem == null) {
            return;
        }
        try {
            String done = new FrontClasses(JvmSessions.providerSource()).place(fileSystem.getClassLoader());
            if (done != null) {
                LOG.info("spark-xacct: {}", done);
            }
        } catch (IllegalStateException impossible) {
            LOG.warn("spark-xacct: {}", impossible.getMessage());
        }
    }

    /** What was done, in words; null when nothing had to be. Throws IllegalStateException with a text for people. */
    String place(ClassLoader s3a) {
        List<String> placed = new ArrayList<>();
        for (Map.Entry<String, String> front : FRONTS.entrySet()) {
            if (find(front.getValue(), s3a) == null) {
                continue;
            }
            try {
                Class<?> there = find(front.getKey(), s3a);
                if (there == null) {
                    there = define(front.getKey(), s3a);
                    placed.add(front.getKey());
                }
                if (there.getClassLoader() != FrontClasses.class.getClassLoader()) {
                    // Also where an earlier context of this JVM has put it: its source may be of another copy of this jar.
                    there.getField("source").set(null, source);
                }
            } catch (ReflectiveOperationException | IOException | RuntimeException | LinkageError refused) {
                Throwable why = refused instanceof InvocationTargetException ? refused.getCause() : refused;
                throw new IllegalStateException("S3A's class loader does not see " + front.getKey() + " and takes no class of this jar ("
                    + why + "), so S3A cannot open declared buckets: put the jar beside hadoop-aws, into Spark's jars folder or on"
                    + " spark.driver.extraClassPath and spark.executor.extraClassPath");
            }
        }
        return placed.isEmpty() ? null : String.join(" and ", placed) + " were put beside S3A, whose class loader does not see this jar";
    }

    private static Class<?> define(String name, ClassLoader loader) throws ReflectiveOperationException, IOException {
        // Spark opens java.lang to itself and to its plugins on every JDK that closes it: JavaModuleOptions in its launcher.
        Method define = ClassLoader.class.getDeclaredMethod(
            "defineClass", String.class, byte[].class, int.class, int.class, ProtectionDomain.class);
        define.setAccessible(true);
        byte[] code = code(name);
        return (Class<?>) define.invoke(loader, name, code, 0, code.length, FrontClasses.class.getProtectionDomain());
    }

    private static byte[] code(String name) throws IOException {
        String entry = name.replace('.', '/') + ".class";
        try (InputStream stream = FrontClasses.class.getClassLoader().getResourceAsStream(entry)) {
            if (stream == null) {
                throw new IOException("the jar lacks " + entry);
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            byte[] buffer = new byte[8192];
            for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
                bytes.write(buffer, 0, read);
            }
            return bytes.toByteArray();
        }
    }

    private static Class<?> find(String name, ClassLoader loader) {
        try {
            return Class.forName(name, false, loader);
        } catch (ClassNotFoundException | LinkageError absent) {
            return null;
        }
    }
}

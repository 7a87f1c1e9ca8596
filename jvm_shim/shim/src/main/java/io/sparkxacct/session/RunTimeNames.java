package io.sparkxacct.session;

import io.sparkxacct.plan.Keys;
import java.io.IOException;
import java.util.UUID;
import java.util.function.Function;
import org.apache.hadoop.security.UserGroupInformation;

/** Finds what session names carry: the run id and the user. */
final class RunTimeNames {
    private static final String DRAWN = UUID.randomUUID().toString().substring(0, 8);

    private RunTimeNames() {
    }

    /** The order: what was rendered, YARN's application, Kubernetes' application, else 8 hexadecimal digits drawn once per JVM. */
    static String run(Function<String, String> configuration, Function<String, String> properties, Function<String, String> environment) {
        boolean kubernetes = environment.apply("KUBERNETES_SERVICE_HOST") != null;
        return firstOf(
            configuration.apply(Keys.RUN),
            properties.apply("spark.yarn.app.id"),
            configuration.apply("spark.yarn.app.id"),
            kubernetes ? properties.apply("spark.app.id") : null,
            // Executors on Kubernetes have the id only here.
            kubernetes ? environment.apply("SPARK_APPLICATION_ID") : null,
            DRAWN);
    }

    static String user(Function<String, String> configuration) {
        return firstOf(configuration.apply(Keys.USER), hadoopUser(), System.getProperty("user.name"), "unknown");
    }

    /** The impersonated user where there is one; null when Hadoop cannot tell. */
    private static String hadoopUser() {
        try {
            return UserGroupInformation.getCurrentUser().getShortUserName();
        } catch (IOException | RuntimeException | LinkageError unknown) {
            return null;
        }
    }

    private static String firstOf(String... candidates) {
        for (String candidate : candidates) {
            if (candidate != null && !candidate.isEmpty()) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("no candidate is set");
    }
}

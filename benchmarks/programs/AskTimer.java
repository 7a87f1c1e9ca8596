package io.sparkxacct.spark;

import io.sparkxacct.session.Clock;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.StringJoiner;
import org.apache.spark.SparkEnv;
import org.apache.spark.internal.plugin.PluginContextImpl;

/** How long the executor that this runs in waits for its driver's answer, the way the plugin asks. Called from SQL. */
public final class AskTimer {
    private AskTimer() {
    }

    /** Microseconds of each question for all these roles, the first of which connects; Spark's RPC must be protected. */
    public static String microseconds(String plan, String roles, int times) {
        SparkEnv spark = SparkEnv.get();
        PluginContextImpl plugin = new PluginContextImpl(
            CrossAccountPlugin.NAME, spark.rpcEnv(), spark.metricsSystem(), spark.conf(), spark.executorId(), Collections.emptyMap());
        Map<String, String> question = Messages.question(plan, Arrays.asList(roles.split(",")));
        StringJoiner took = new StringJoiner(",");
        try (DriverLine line = new DriverLine(plugin::ask, Clock.system())) {
            for (int i = 0; i < times; i++) {
                long start = System.nanoTime();
                Map<String, String> answer = line.ask(question);
                took.add(Long.toString((System.nanoTime() - start) / 1_000));
                for (String role : roles.split(",")) {
                    if (Messages.session(answer, role, 0) == null) {
                        throw new IllegalStateException("the driver gave no session of role " + role);
                    }
                }
            }
        }
        return took.toString();
    }
}

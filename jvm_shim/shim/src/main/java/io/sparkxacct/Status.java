package io.sparkxacct;

import io.sparkxacct.plan.JarVersion;
import io.sparkxacct.plan.Json;
import io.sparkxacct.python.PythonSide;
import io.sparkxacct.session.Counters;
import io.sparkxacct.session.JvmReport;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.session.RoleStatus;
import io.sparkxacct.spark.PluginState;
import java.util.HashMap;
import java.util.Map;

/**
 * What spark-xacct does in this JVM, for people and programs, without a secret. Named in queries: do not move or rename.
 *
 * <p>In SQL: {@code SELECT java_method('io.sparkxacct.Status', 'json')}; by py4j: {@code spark._jvm.io.sparkxacct.Status.json()}. Works in
 * a JVM without plugin and without plan, too.
 */
public final class Status {
    private Status() {
    }

    /** One JSON object, its keys sorted and always the same; null for what there is not. docs/monitoring.md explains them. */
    public static String json() {
        return json(JarVersion.current(), JvmSessions.report(), JvmSessions.counters(), PluginState.current(), PythonSide.current());
    }

    static String json(String jar, JvmReport report, Counters counters, PluginState plugin, PythonSide python) {
        Map<String, Object> status = new HashMap<>();
        status.put("jar", jar);
        status.put("plan", report.plan() == null ? null : report.plan().id());
        status.put("about", report.plan() == null ? null : report.plan().toString());
        status.put("problem", report.problem());
        status.put("run", report.run());
        status.put("source", report.source());
        status.put("process", plugin == null ? null : plugin.process());
        status.put("channel", plugin == null ? null : plugin.channel());
        status.put("channelWords", plugin == null ? null : plugin.words());
        Map<String, Object> roles = new HashMap<>();
        for (RoleStatus row : report.roles()) {
            roles.put(row.role(), of(row));
        }
        status.put("roles", roles);
        status.put("counters", counters.toMap());
        status.put("executors", plugin == null || plugin.executors() == null ? null : of(plugin));
        status.put("python", python == null ? null : of(python));
        return Json.canonical(status);
    }

    private static Map<String, Object> of(RoleStatus row) {
        Map<String, Object> role = new HashMap<>();
        role.put("state", row.state());
        role.put("expiration", row.expiration() == null ? null : row.expiration().toString());
        role.put("secondsLeft", row.secondsLeft());
        role.put("attempts", row.attempts());
        role.put("waits", row.waits());
        role.put("failure", row.failure() == null ? null : row.failure().firstLine(null));
        return role;
    }

    private static Map<String, Object> of(PluginState driver) {
        Map<String, Object> executors = new HashMap<>();
        executors.put("known", driver.executors().executors());
        executors.put("counters", driver.executors().toMap());
        return executors;
    }

    private static Map<String, Object> of(PythonSide side) {
        Map<String, Object> python = new HashMap<>();
        python.put("state", side.outcome().state().name());
        python.put("reason", side.outcome().reason());
        python.put("folder", side.folder() == null ? null : side.folder().toString());
        return python;
    }
}

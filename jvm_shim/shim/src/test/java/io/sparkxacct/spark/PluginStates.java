package io.sparkxacct.spark;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Counters;
import java.util.Map;

/** What the plugin of a driver or an executor would say of itself. */
public final class PluginStates {
    private PluginStates() {
    }

    /** With as many executors as told, each of which has counted the same. */
    public static PluginState ofADriver(Plan plan, String setting, String value, Counters ofEach, int executors) {
        Channel channel = Channel.of(Channel.Kind.PROTECTED, "spark.authenticate and spark.network.crypto.enabled protect Spark's RPC");
        ExecutorTally tally = new ExecutorTally();
        for (int executor = 0; executor < executors; executor++) {
            Map<String, String> question = Messages.question(plan.id(), plan.roles().keySet());
            Messages.putCounts(question, Integer.toString(executor), 1, ofEach.toMap());
            tally.take(Messages.counts(question));
        }
        return PluginState.ofDriver(channel, ChannelCost.words(channel, plan, Map.of(setting, value)::get), tally);
    }

    public static PluginState ofAnExecutor(String id) {
        return PluginState.ofExecutor(id, Channel.Kind.SEALED);
    }
}

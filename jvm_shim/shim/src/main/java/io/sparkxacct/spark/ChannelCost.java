package io.sparkxacct.spark;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.StsCalls;
import java.util.function.Function;

/** What a channel saves or costs in calls of STS. Pure. */
final class ChannelCost {
    private ChannelCost() {
    }

    /** A channel's words with these numbers: for driver and executors, or for each JVM where nobody knows how many executors there will be. */
    static String words(Channel channel, Plan plan, Function<String, String> settings) {
        long each = StsCalls.anHour(plan);
        if (each == 0 || channel.kind() == Channel.Kind.LOCAL) {
            return channel.words();
        }
        Integer executors = executors(settings);
        return executors == null ? channel.words(each) : channel.words(each, each * (executors + 1L));
    }

    /** The most there will be, by Spark's settings; null where they do not say. */
    private static Integer executors(Function<String, String> settings) {
        boolean dynamic = Boolean.parseBoolean(settings.apply("spark.dynamicAllocation.enabled"));
        String number = settings.apply(dynamic ? "spark.dynamicAllocation.maxExecutors" : "spark.executor.instances");
        try {
            int executors = number == null ? -1 : Integer.parseInt(number.trim());
            // Spark's own word for no limit.
            return executors < 0 || executors == Integer.MAX_VALUE ? null : Integer.valueOf(executors);
        } catch (NumberFormatException unreadable) {
            return null;
        }
    }
}

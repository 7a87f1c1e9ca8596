package io.sparkxacct.spark;

import io.sparkxacct.plan.Plan;
import java.math.BigInteger;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;

/** How often STS is asked, by the rule of spark_xacct/targets/sts_calls.py, which tests/vectors/sts_calls.json holds. Pure. */
final class StsCalls {
    /** A role session is renewed when half of its life is over. */
    private static final long RENEWALS_A_LIFE = 2;
    private static final long SECONDS_AN_HOUR = 3_600;

    private StsCalls() {
    }

    /** Calls an hour of one JVM that uses every bucket, rounded up. */
    static long anHour(Plan plan) {
        BigInteger numerator = BigInteger.ZERO;
        BigInteger denominator = BigInteger.ONE;
        for (Plan.Role hop : hops(plan)) {
            BigInteger life = BigInteger.valueOf(hop.durationSeconds());
            numerator = numerator.multiply(life).add(denominator.multiply(BigInteger.valueOf(RENEWALS_A_LIFE * SECONDS_AN_HOUR)));
            denominator = denominator.multiply(life);
        }
        return numerator.add(denominator).subtract(BigInteger.ONE).divide(denominator).longValueExact();
    }

    /** A channel's words with these numbers: for driver and executors, or for each JVM where nobody knows how many executors there will be. */
    static String words(Channel channel, Plan plan, Function<String, String> settings) {
        long each = anHour(plan);
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

    /** The roles that the plan's bindings name and those on the way to them. */
    private static Set<Plan.Role> hops(Plan plan) {
        Set<Plan.Role> hops = new LinkedHashSet<>();
        for (Plan.Binding binding : plan.bindings()) {
            if (binding.role() != null) {
                hops.addAll(plan.chain(binding.role()));
            }
        }
        return hops;
    }
}

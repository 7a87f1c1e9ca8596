package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.math.BigInteger;
import java.util.LinkedHashSet;
import java.util.Set;

/** How often STS is asked, by the rule of spark_xacct/targets/sts_calls.py, which tests/vectors/sts_calls.json holds. Pure. */
public final class StsCalls {
    /** A role session is renewed when half of its life is over. */
    private static final long RENEWALS_A_LIFE = 2;
    private static final long SECONDS_AN_HOUR = 3_600;

    private StsCalls() {
    }

    /** Calls an hour of one JVM that uses every bucket, rounded up. */
    public static long anHour(Plan plan) {
        BigInteger numerator = BigInteger.ZERO;
        BigInteger denominator = BigInteger.ONE;
        for (Plan.Role hop : hops(plan)) {
            BigInteger life = BigInteger.valueOf(hop.durationSeconds());
            numerator = numerator.multiply(life).add(denominator.multiply(BigInteger.valueOf(RENEWALS_A_LIFE * SECONDS_AN_HOUR)));
            denominator = denominator.multiply(life);
        }
        return numerator.add(denominator).subtract(BigInteger.ONE).divide(denominator).longValueExact();
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

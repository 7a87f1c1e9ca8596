package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.time.Duration;

/** Reports as a JVM would make them, of role sessions on virtual time. */
public final class Reports {
    private Reports() {
    }

    public static JvmReport of(Plan plan, String run, String source, RoleSessions sessions) {
        return new JvmReport(plan, run, null, source, sessions.snapshot());
    }

    public static JvmReport ofNothing() {
        return JvmReport.EMPTY;
    }

    public static void addStsCall(Counters counters, Duration took) {
        counters.addStsCall(took.toNanos());
    }

    /** Role sessions that count. */
    public static RoleSessions counted(Plan plan, SessionSource source, VirtualTime time, Counters counters) {
        return new RoleSessions(plan, source, new RefreshPolicy(() -> 0), time, time, text -> { }, counters);
    }
}

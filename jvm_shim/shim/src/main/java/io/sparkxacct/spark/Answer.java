package io.sparkxacct.spark;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.RefusedKey;
import java.util.Map;

/** What the driver answered to one question, and when that was asked. Immutable. */
final class Answer {
    final Map<String, String> fields;
    private final Map<String, RefusedKey> told;
    private final long askedMillis;
    private final long askedNanos;
    private final long cameNanos;

    /**
     * Throws IllegalArgumentException for fields that cannot be read.
     *
     * @param told what the question said of refused sessions, by role
     */
    Answer(Map<String, String> fields, Map<String, RefusedKey> told, long askedMillis, long askedNanos, long cameNanos, Plan plan) {
        this.fields = fields;
        this.told = told;
        this.askedMillis = askedMillis;
        this.askedNanos = askedNanos;
        this.cameNanos = cameNanos;
        for (String role : plan.roles().keySet()) {
            Messages.session(fields, role, askedMillis);
            Messages.failure(fields, role, askedMillis);
            Messages.waitMillis(fields, role);
        }
    }

    /** Whether the driver gave it in knowledge of that refusal. */
    boolean knows(String role, RefusedKey key) {
        return told.get(role) == key;
    }

    /** By the clock that says more: the day may be changed, and the other one stands still while the machine sleeps. */
    long ageMillis(Clock clock) {
        return Math.max(clock.millis() - askedMillis, NANOSECONDS.toMillis(clock.nanos() - askedNanos));
    }

    long sinceItCameMillis(Clock clock) {
        return NANOSECONDS.toMillis(clock.nanos() - cameNanos);
    }

    /** By the wall clock as it goes now. */
    long askedAt(Clock clock) {
        return clock.millis() - ageMillis(clock);
    }
}

package io.sparkxacct.session;

import io.sparkxacct.plan.Keys;
import java.time.Instant;

/** What metrics and diagnostics may know of one role, or of the base identity ("@base"), at one moment. Immutable, without secrets. */
public final class RoleStatus {
    private final String role;
    private final String state;
    private final Instant expiration;
    private final Long secondsLeft;
    private final long attempts;
    private final long waits;
    private final Failure failure;

    RoleStatus(String role, String state, Instant expiration, Long secondsLeft, long attempts, long waits, Failure failure) {
        this.role = role;
        this.state = state;
        this.expiration = expiration;
        this.secondsLeft = secondsLeft;
        this.attempts = attempts;
        this.waits = waits;
        this.failure = failure;
    }

    public String role() {
        return role;
    }

    /** False for the base identity. */
    public boolean isOfARole() {
        return !Keys.TARGET_BASE.equals(role);
    }

    /** EMPTY, FRESH, DUE, RETRY, SUSPECT, EXPIRED, DENIED or DRAINED. */
    public String state() {
        return state;
    }

    /** Of the session at hand; null when there is none. */
    public Instant expiration() {
        return expiration;
    }

    /** For how long it serves, by the clock that says less; null when there is none, and when it has no expiration. */
    public Long secondsLeft() {
        return secondsLeft;
    }

    /** Calls for it so far. */
    public long attempts() {
        return attempts;
    }

    /** Reads so far that found no valid session. */
    public long waits() {
        return waits;
    }

    /** Of the last attempt; null when it succeeded or there was none. */
    public Failure failure() {
        return failure;
    }

    @Override
    public String toString() {
        return role + " " + state + ", expires " + expiration + ", " + attempts + " attempts, " + waits + " waits"
            + (failure == null ? "" : ", " + failure.firstLine(null));
    }
}

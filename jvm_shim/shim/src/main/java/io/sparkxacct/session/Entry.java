package io.sparkxacct.session;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What is known of one role, or of the base identity, at one moment.
 *
 * <p>Immutable, but that {@link #next} completes and that a read may note when it last looked at both clocks.
 */
final class Entry {
    /** The state of a role, as the table in docs/architecture.md names it. */
    enum State {
        EMPTY,
        FRESH,
        DUE,
        RETRY,
        SUSPECT,
        EXPIRED,
        DENIED
    }

    /** Null before the first success; kept when expired, until something replaces it. */
    final RoleSession session;
    final long life;
    final long validUntilNanos;
    final long validUntilMillis;

    /** Why the last attempt failed; null after a success and before the first attempt. */
    final Failure failure;
    /** Whether {@link #failure} is a final answer rather than one that passes by itself. */
    final boolean denied;
    /** Failures of this sort in a row. */
    final int failures;

    /** When the next attempt is due, on the monotonic clock. */
    final long nextAt;
    final boolean inFlight;
    /** Why the attempt in flight was forced: the session is refused, so the next hop waits for its successor. Null for any other. */
    final RefusedKey refused;
    /** Completes, never exceptionally, with the entry that the attempt in flight, or else the next one, leaves behind. */
    final CompletableFuture<Entry> next;

    /** Cancels the timer's task for {@link #nextAt}; null while there is none. Shared with the same entry in flight. */
    private final AtomicReference<Runnable> timer;

    /** The millisecond in which both clocks last agreed that the session serves. Written by racing readers; any of their values will do. */
    private long servedAt = Long.MIN_VALUE;

    private Entry(RoleSession session, long life, long validUntilNanos, long validUntilMillis,
                  Failure failure, boolean denied, int failures, long nextAt, boolean inFlight, RefusedKey refused, CompletableFuture<Entry> next,
                  AtomicReference<Runnable> timer) {
        this.session = session;
        this.life = life;
        this.validUntilNanos = validUntilNanos;
        this.validUntilMillis = validUntilMillis;
        this.failure = failure;
        this.denied = denied;
        this.failures = failures;
        this.nextAt = nextAt;
        this.inFlight = inFlight;
        this.refused = refused;
        this.next = next;
        this.timer = timer;
    }

    static Entry empty() {
        return new Entry(null, 0, 0, 0, null, false, 0, 0, false, null, new CompletableFuture<>(), new AtomicReference<>());
    }

    static Entry fresh(RoleSession session, long life, long validUntilNanos, long validUntilMillis, long nextAt) {
        return new Entry(session, life, validUntilNanos, validUntilMillis, null, false, 0, nextAt, false, null, new CompletableFuture<>(),
            new AtomicReference<>());
    }

    /** The same knowledge, with an attempt in flight. */
    Entry starting(RefusedKey refusedKey) {
        return new Entry(
            session, life, validUntilNanos, validUntilMillis, failure, denied, failures, nextAt, true, refusedKey, next, timer);
    }

    /** The same knowledge, with nobody waiting on it yet. */
    Entry withoutWaiters() {
        return new Entry(
            session, life, validUntilNanos, validUntilMillis, failure, denied, failures, nextAt, inFlight, refused, new CompletableFuture<>(), timer);
    }

    Entry failed(Failure cause, boolean isDenied, int inARow, long retryAt) {
        return new Entry(
            session, life, validUntilNanos, validUntilMillis, cause, isDenied, inARow, retryAt, false, null, new CompletableFuture<>(),
            new AtomicReference<>());
    }

    /** Keeps what cancels the timer's task. */
    void timedBy(Runnable cancel) {
        timer.set(cancel);
    }

    void cancelTimer() {
        Runnable cancel = timer.getAndSet(null);
        if (cancel != null) {
            cancel.run();
        }
    }

    /** Failures in a row if the attempt now in flight fails in the given way. */
    int failuresWith(boolean isDenied) {
        return failure != null && denied == isDenied ? failures + 1 : 1;
    }

    /** Whether the session serves: by both clocks, so that neither a suspended machine nor a changed time of day prolongs it. */
    boolean valid(long nanos, long millis) {
        return session != null && nanos - validUntilNanos < 0 && millis < validUntilMillis;
    }

    /** What is left of the session by the clock that says less; 0 or less when it serves nobody. */
    long leftNanos(long nanos, long millis) {
        return session == null ? 0 : Math.min(validUntilNanos - nanos, (validUntilMillis - millis) * 1_000_000);
    }

    /** The same for readers, who come often: within one millisecond one look at the monotonic clock is enough. */
    boolean serves(Clock clock) {
        long millis = clock.millis();
        if (millis == servedAt) {
            return true;
        }
        if (!valid(clock.nanos(), millis)) {
            return false;
        }
        servedAt = millis;
        return true;
    }

    /** Whether the next hop may be assumed from the session. */
    boolean carriesNextHop(long nanos, long millis) {
        long margin = RefreshPolicy.parentMargin(life);
        return valid(nanos + margin, millis + margin / 1_000_000);
    }

    /** Whether a failure still holds back the next attempt. */
    boolean held(long nanos) {
        return failure != null && nanos - nextAt < 0;
    }

    State state(long nanos, long millis) {
        if (valid(nanos, millis)) {
            if (failure != null) {
                return denied ? State.SUSPECT : State.RETRY;
            }
            return nanos - nextAt < 0 ? State.FRESH : State.DUE;
        }
        if (failure != null) {
            return denied ? State.DENIED : State.EXPIRED;
        }
        return session == null ? State.EMPTY : State.EXPIRED;
    }
}

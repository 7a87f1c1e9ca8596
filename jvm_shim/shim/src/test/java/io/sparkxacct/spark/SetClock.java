package io.sparkxacct.spark;

import io.sparkxacct.session.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A clock that stands until it is moved; both of its hands can be moved alone. */
final class SetClock implements Clock {
    private volatile long nanos = Long.MAX_VALUE - Duration.ofMinutes(3).toNanos(); // System.nanoTime may overflow while we run
    private volatile long millis = 1_800_000_000_000L; // 2027-01-15T08:00:00Z

    void pass(Duration time) {
        nanos += time.toNanos();
        setAhead(time);
    }

    /** The wall clock only. */
    void setAhead(Duration time) {
        millis += time.toMillis();
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public long millis() {
        return millis;
    }

    @Override
    public void await(CompletableFuture<?> event, long nanos) {
        throw new UnsupportedOperationException("nobody waits here");
    }
}

package io.sparkxacct.session;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Time, as role sessions see it: both clocks, and waiting. */
public interface Clock {

    /** Monotonic, from an arbitrary origin; compare by difference only. */
    long nanos();

    /** The wall clock, in milliseconds since 1970. */
    long millis();

    /** Returns once {@code event} is complete or {@code nanos} have passed, whichever is first. */
    void await(CompletableFuture<?> event, long nanos) throws InterruptedException;

    /** The machine's clocks. */
    static Clock system() {
        return SystemClock.INSTANCE;
    }

    /** The machine's clocks, as one stateless instance. */
    final class SystemClock implements Clock {
        private static final SystemClock INSTANCE = new SystemClock();

        private SystemClock() {
        }

        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public long millis() {
            return System.currentTimeMillis();
        }

        @Override
        public void await(CompletableFuture<?> event, long nanos) throws InterruptedException {
            try {
                event.get(nanos, TimeUnit.NANOSECONDS);
            } catch (TimeoutException | ExecutionException over) {
                // The caller looks at the entry itself, however the wait ended.
            }
        }
    }
}

package io.sparkxacct.spark;

import static java.util.concurrent.TimeUnit.MINUTES;

import io.sparkxacct.session.Clock;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/**
 * Nonces of opened asks, each kept for 11 to 22 minutes, in bounded memory.
 *
 * <p>When it is full the oldest go before their time: executors that are refused would ask STS, all at once, and an ask that is opened
 * twice gains nobody anything, because its answer is sealed too. Only what has the right tag is kept, so strangers cannot fill it. Safe
 * for threads.
 */
final class SeenNonces {
    /**
     * At least from the earliest to the latest moment at which one ask passes as fresh, which is twice {@link Seal#WINDOW_MILLIS}. A minute
     * more, because that window is measured on the wall clock, which may be slewed.
     */
    static final long PERIOD = MINUTES.toNanos(11);

    private final Clock clock;
    private final int most;
    private Set<String> current = new HashSet<>();
    private Set<String> previous = Collections.emptySet();
    private long began;

    /** @param most how many are kept of one period at most, and the last so many in any case; twice as many in all */
    SeenNonces(Clock clock, int most) {
        this.clock = clock;
        this.most = most;
        this.began = clock.nanos();
    }

    /** Refuses what {@link #add} would refuse now. */
    synchronized void check(String nonce) throws Refused {
        rotate(false);
        refuse(nonce);
    }

    /** Of all callers with one nonce, one returns. */
    synchronized void add(String nonce) throws Refused {
        rotate(false);
        refuse(nonce);
        rotate(current.size() >= most);
        current.add(nonce);
    }

    synchronized int size() {
        return current.size() + previous.size();
    }

    private void rotate(boolean full) {
        long now = clock.nanos();
        if (full || now - began >= PERIOD) {
            previous = current;
            current = new HashSet<>();
            began = now;
        }
    }

    private void refuse(String nonce) throws Refused {
        if (current.contains(nonce) || previous.contains(nonce)) {
            throw new Refused(Refused.Reason.REPLAYED);
        }
    }
}

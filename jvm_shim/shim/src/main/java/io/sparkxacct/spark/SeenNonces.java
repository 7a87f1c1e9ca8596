package io.sparkxacct.spark;

import static java.util.concurrent.TimeUnit.MINUTES;

import io.sparkxacct.session.Clock;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/**
 * Nonces of opened asks, each kept for 11 to 22 minutes, in bounded memory.
 *
 * <p>Full means that no further ask is opened until a period ends. Only what has the right tag is kept, so strangers cannot fill it.
 * Safe for threads.
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

    /** @param most how many are kept of one period; twice as many in all */
    SeenNonces(Clock clock, int most) {
        this.clock = clock;
        this.most = most;
        this.began = clock.nanos();
    }

    /** Refuses what {@link #add} would refuse now. */
    synchronized void check(String nonce) throws Refused {
        refuse(nonce);
    }

    /** Of all callers with one nonce, one returns. */
    synchronized void add(String nonce) throws Refused {
        refuse(nonce);
        current.add(nonce);
    }

    synchronized int size() {
        return current.size() + previous.size();
    }

    private void refuse(String nonce) throws Refused {
        long now = clock.nanos();
        if (now - began >= PERIOD) {
            previous = current;
            current = new HashSet<>();
            began = now;
        }
        if (current.contains(nonce) || previous.contains(nonce)) {
            throw new Refused(Refused.Reason.REPLAYED);
        }
        if (current.size() >= most) {
            throw new Refused(Refused.Reason.TOO_MANY);
        }
    }
}

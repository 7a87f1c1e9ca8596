package io.sparkxacct.spark;

import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.sparkxacct.session.Clock;
import java.util.EnumMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;

/**
 * Counts refused asks and logs at most one line a minute, however many there are: the first at once, the rest together.
 *
 * <p>It holds nobody back. A stranger's ask that passes the cheap checks of {@link Seal} looks like a good one until its tag is
 * computed, so a limit on those would lock out executors; their size is bounded instead. Safe for threads.
 */
final class BadAsks {
    private static final long INTERVAL = MINUTES.toNanos(1);

    private final Clock clock;
    private final Consumer<String> log;
    private final Map<Refused.Reason, Long> counts = new EnumMap<>(Refused.Reason.class);
    private boolean logged;
    private long lastLine;

    BadAsks(Clock clock, Consumer<String> log) {
        this.clock = clock;
        this.log = log;
    }

    void count(Refused.Reason reason) {
        String line;
        synchronized (this) {
            counts.merge(reason, 1L, Long::sum);
            line = logged && clock.nanos() - lastLine < INTERVAL ? null : line();
        }
        if (line != null) {
            log.accept(line);
        }
    }

    /** Logs what has been counted since the last line, if anything has: when the broker ends. */
    void end() {
        String line;
        synchronized (this) {
            line = counts.isEmpty() ? null : line();
        }
        if (line != null) {
            log.accept(line);
        }
    }

    private String line() {
        long now = clock.nanos();
        StringJoiner reasons = new StringJoiner(", ");
        long all = 0;
        for (Map.Entry<Refused.Reason, Long> entry : counts.entrySet()) {
            reasons.add(entry.getValue() + " " + entry.getKey().word());
            all += entry.getValue();
        }
        String time = logged ? " in the last " + NANOSECONDS.toSeconds(now - lastLine) + " s" : "";
        counts.clear();
        logged = true;
        lastLine = now;
        return "spark-xacct: the broker refused " + all + (all == 1 ? " ask" : " asks") + time + ": " + reasons;
    }
}

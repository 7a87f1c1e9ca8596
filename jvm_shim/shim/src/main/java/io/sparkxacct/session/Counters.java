package io.sparkxacct.session;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/** What has happened in a JVM since its start, as numbers that only grow. Thread-safe. Reading a session that serves counts nothing. */
public final class Counters {
    /** STS is called some dozens of times an hour. */
    private static final int RECENT = 256;

    private final AtomicLongArray counted = new AtomicLongArray(Count.values().length);
    private final long[] recent = new long[RECENT];
    private long measured;

    public void add(Count what) {
        counted.incrementAndGet(what.ordinal());
    }

    public long get(Count what) {
        return counted.get(what.ordinal());
    }

    /** By their names, in the order of {@link Count}. */
    public Map<String, Long> toMap() {
        Map<String, Long> all = new LinkedHashMap<>();
        for (Count what : Count.values()) {
            all.put(what.word(), get(what));
        }
        return all;
    }

    /** What each of the latest calls of STS took, in milliseconds and in no order. */
    public synchronized long[] recentStsMillis() {
        return Arrays.copyOf(recent, (int) Math.min(RECENT, measured));
    }

    synchronized void addStsCall(long nanos) {
        long millis = NANOSECONDS.toMillis(nanos);
        recent[(int) (measured++ % RECENT)] = millis;
        counted.addAndGet(Count.STS_MILLIS.ordinal(), millis);
        add(Count.STS_CALLS);
    }

    void add(Failure.Kind kind) {
        add(Count.of(kind));
    }
}

package io.sparkxacct.spark;

import io.sparkxacct.session.Count;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What executors say in their asks that they have counted, and the sum of it.
 *
 * <p>The sum only grows: of each executor the most that it has said counts, and it stays when the executor is gone. It is behind by what
 * executors have counted since their last ask. Bounded in memory, and thread-safe.
 */
public final class ExecutorTally {
    /** Who has been silent longest is forgotten first, with what it said still in the sum; should it speak again it counts twice. */
    private static final int MOST_EXECUTORS = 10_000;

    private final int most;
    private final Map<String, Said> executors = new LinkedHashMap<>(16, 0.75f, true);
    private final long[] ofOthers = new long[Count.values().length];

    ExecutorTally() {
        this(MOST_EXECUTORS);
    }

    /** @param most executors that are told apart */
    ExecutorTally(int most) {
        this.most = most;
    }

    /** What a question says of its executor; null for nothing. */
    synchronized void take(Messages.Counted question) {
        if (question == null) {
            return;
        }
        Said known = executors.get(question.executor);
        if (known == null || known.began < question.began) {
            Said next = new Said(question.began);
            forget(executors.put(question.executor, next));
            known = next;
        }
        // A question of an earlier JVM of that name comes late: that one is in the sum already.
        if (known.began == question.began) {
            known.raise(question.counts);
        }
        if (executors.size() > most) {
            forget(executors.remove(executors.keySet().iterator().next()));
        }
    }

    /** How many have said something so far, without those that were forgotten. */
    public synchronized int executors() {
        return executors.size();
    }

    public synchronized long sum(Count what) {
        long sum = ofOthers[what.ordinal()];
        for (Said one : executors.values()) {
            sum += one.counts[what.ordinal()];
        }
        return sum;
    }

    /** By their names, in the order of {@link Count}. */
    public Map<String, Long> toMap() {
        Map<String, Long> sums = new LinkedHashMap<>();
        for (Count what : Count.values()) {
            sums.put(what.word(), sum(what));
        }
        return sums;
    }

    private void forget(Said gone) {
        for (Count what : Count.values()) {
            ofOthers[what.ordinal()] += gone == null ? 0 : gone.counts[what.ordinal()];
        }
    }

    /** The most that one JVM has said. */
    private static final class Said {
        final long began;
        final long[] counts = new long[Count.values().length];

        Said(long began) {
            this.began = began;
        }

        void raise(Map<Count, Long> said) {
            said.forEach((what, count) -> counts[what.ordinal()] = Math.max(counts[what.ordinal()], count));
        }
    }
}

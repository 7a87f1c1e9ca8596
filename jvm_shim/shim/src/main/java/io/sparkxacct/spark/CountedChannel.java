package io.sparkxacct.spark;

import io.sparkxacct.session.Count;
import io.sparkxacct.session.Counters;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** A way to the driver on which each question also says what this executor has counted. Throws as the way does. Thread-safe. */
final class CountedChannel implements Function<Map<String, String>, Map<String, String>> {
    private final Function<Map<String, String>, Map<String, String>> channel;
    private final String executor;
    private final long began;
    private final Counters counters;

    /**
     * @param executor its id, null where Spark does not say it: then nothing is told
     * @param began any number that is higher in a later JVM of this id
     */
    CountedChannel(Function<Map<String, String>, Map<String, String>> channel, String executor, long began, Counters counters) {
        this.channel = channel;
        this.executor = executor;
        this.began = began;
        this.counters = counters;
    }

    @Override
    public Map<String, String> apply(Map<String, String> question) {
        counters.add(Count.ASKS);
        if (executor == null) {
            return channel.apply(question);
        }
        Map<String, String> counted = new LinkedHashMap<>(question);
        Messages.putCounts(counted, executor, began, counters.toMap());
        return channel.apply(counted);
    }
}

package io.sparkxacct.spark;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Reservoir;
import com.codahale.metrics.Snapshot;
import com.codahale.metrics.UniformSnapshot;
import io.sparkxacct.session.Count;
import io.sparkxacct.session.Counters;
import io.sparkxacct.session.JvmReport;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.session.RoleStatus;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counters and role sessions as metrics of Spark's, read whenever somebody looks. The names are those of docs/monitoring.md.
 *
 * <p>All of them at the start, because Spark's sinks may miss later ones.
 */
final class PluginMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(PluginMetrics.class);

    private PluginMetrics() {
    }

    /** Of the plugin in this JVM, if it has started. Throws nothing: role sessions do not hang on whether they are measured. */
    static void register(Supplier<MetricRegistry> registry) {
        try {
            PluginState plugin = PluginState.current();
            if (plugin != null) {
                register(registry.get(), JvmSessions::report, JvmSessions.counters(), plugin.executors());
            }
        } catch (Throwable broken) {
            LOG.warn("spark-xacct: there are no metrics: {}", broken.toString());
        }
    }

    /** @param executors null where nobody counts them */
    static void register(MetricRegistry registry, Supplier<JvmReport> report, Counters counters, ExecutorTally executors) {
        for (Count what : Count.values()) {
            registry.register(what.word(), new ReadCounter(() -> counters.get(what)));
            if (executors != null) {
                registry.register("executors." + what.word(), new ReadCounter(() -> executors.sum(what)));
            }
        }
        if (executors != null) {
            registry.register("executors.known", (Gauge<Integer>) executors::executors);
        }
        registry.register("sts.latencyMillis", new StsLatency(counters));
        for (RoleStatus row : report.get().roles()) {
            if (row.isOfARole()) {
                registry.register("role." + row.role() + ".secondsLeft", (Gauge<Long>) () -> secondsLeft(report.get(), row.role()));
            }
        }
    }

    /** 0 where there is no session. */
    private static long secondsLeft(JvmReport report, String role) {
        for (RoleStatus row : report.roles()) {
            if (row.role().equals(role) && row.secondsLeft() != null) {
                return row.secondsLeft();
            }
        }
        return 0;
    }

    /** A counter that is counted elsewhere. Not a gauge, because sinks tell what only grows from what goes up and down. */
    private static final class ReadCounter extends Counter {
        private final LongSupplier count;

        ReadCounter(LongSupplier count) {
            this.count = count;
        }

        @Override
        public long getCount() {
            return count.getAsLong();
        }
    }

    /** What the latest calls of STS took; its count is of all. */
    private static final class StsLatency extends Histogram {
        private final Counters counters;

        StsLatency(Counters counters) {
            super(new Recent(counters));
            this.counters = counters;
        }

        @Override
        public long getCount() {
            return counters.get(Count.STS_CALLS);
        }
    }

    private static final class Recent implements Reservoir {
        private final Counters counters;

        Recent(Counters counters) {
            this.counters = counters;
        }

        @Override
        public int size() {
            return counters.recentStsMillis().length;
        }

        @Override
        public void update(long value) {
            throw new UnsupportedOperationException("measured where STS is called");
        }

        @Override
        public Snapshot getSnapshot() {
            return new UniformSnapshot(counters.recentStsMillis());
        }
    }
}

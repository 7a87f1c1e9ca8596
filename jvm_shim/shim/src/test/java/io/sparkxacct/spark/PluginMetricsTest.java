package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Count;
import io.sparkxacct.session.Counters;
import io.sparkxacct.session.FakeSts;
import io.sparkxacct.session.JvmReport;
import io.sparkxacct.session.Plans;
import io.sparkxacct.session.Reports;
import io.sparkxacct.session.RoleSessions;
import io.sparkxacct.session.VirtualTime;
import io.sparkxacct.testkit.StandardError;
import io.sparkxacct.testkit.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PluginMetricsTest {
    private static final Plan PLAN = Plans.of("hub", "partner<hub");

    private final VirtualTime time = new VirtualTime(1, Integer.MAX_VALUE);
    private final Counters counters = new Counters();
    private final RoleSessions sessions = Reports.counted(PLAN, new FakeSts(time), time, counters);
    private final ExecutorTally executors = new ExecutorTally();
    private final MetricRegistry registry = new MetricRegistry();
    private JvmReport other;

    @AfterEach
    void end() {
        time.end();
        PluginState.put(null);
    }

    private JvmReport report() {
        return other != null ? other : Reports.of(PLAN, "run", "STS", sessions);
    }

    private void register(ExecutorTally ofThem) {
        PluginMetrics.register(registry, this::report, counters, ofThem);
    }

    private String kind(String name) {
        Metric metric = registry.getMetrics().get(name);
        return metric instanceof Counter ? "counter" : metric instanceof Histogram ? "histogram" : metric instanceof Gauge ? "gauge" : "?";
    }

    private Object gauge(String name) {
        return registry.getGauges().get(name).getValue();
    }

    @Test
    void thePageListsTheMetricsOfADriver() throws IOException {
        register(executors);
        TreeSet<String> rows = new TreeSet<>();
        for (String name : registry.getNames()) {
            boolean known = name.equals("executors.known");
            rows.add("| `" + name.replaceFirst("^role\\.\\w+\\.", "role.ROLE.").replaceFirst("^executors\\..+", known ? name : "executors.NAME")
                + "` | " + kind(name) + " |");
        }

        String page = Files.readString(Vectors.repository().resolve("docs/monitoring.md"));
        String table = page.substring(page.indexOf("<!-- metrics -->"), page.indexOf("<!-- end of metrics -->"));
        assertEquals(rows, new TreeSet<>(Pattern.compile("^\\| `.*?` \\| \\w+ \\|", Pattern.MULTILINE).matcher(table).results()
            .map(row -> row.group()).toList()));
    }

    @Test
    void anExecutorAndADriverThatNobodyAsksHaveNoSum() {
        register(null);

        assertEquals(List.of(), registry.getNames().stream().filter(name -> name.startsWith("executors.")).toList());
        assertTrue(registry.getNames().containsAll(counters.toMap().keySet()));
    }

    @Test
    void numbersAreReadWhenTheyAreLookedAt() {
        register(executors);
        assertEquals("0 0 0", registry.getCounters().get("fetches").getCount() + " " + gauge("role.partner.secondsLeft") + " "
            + gauge("executors.known"));
        sessions.get("partner");
        time.sleep(Duration.ofMinutes(10));
        executors.take(new Messages.Counted("1", 1, Map.of(Count.FETCHES, 5L)));

        assertEquals("2 2999 1 5", registry.getCounters().get("fetches").getCount() + " " + gauge("role.partner.secondsLeft") + " "
            + gauge("executors.known") + " " + registry.getCounters().get("executors.fetches").getCount());
    }

    @Test
    void aRoleThatThePlanInForceDoesNotHoldHasNothingLeft() {
        register(null);
        sessions.get("partner");
        other = Reports.ofNothing();

        assertEquals(0L, gauge("role.partner.secondsLeft"));
    }

    @Test
    void theLatencyOfStsIsOfItsLatestCallsAndCountsAll() {
        register(null);
        Histogram latency = registry.getHistograms().get("sts.latencyMillis");
        assertEquals("0 0.0", latency.getCount() + " " + latency.getSnapshot().getMedian());
        for (int call = 1; call <= 3; call++) {
            Reports.addStsCall(counters, Duration.ofMillis(100L * call));
        }

        assertEquals("3 200.0 300", latency.getCount() + " " + latency.getSnapshot().getMedian() + " " + latency.getSnapshot().getMax());
        assertThrows(UnsupportedOperationException.class, () -> latency.update(1));
    }

    @Test
    void withoutAPluginNothingIsRegistered() {
        PluginMetrics.register(() -> {
            throw new AssertionError("nobody is asked");
        });
    }

    @Test
    void thePluginOfThisJvmIsRegistered() {
        PluginState.put(PluginState.ofDriver(Channel.of(Channel.Kind.PROTECTED, "protected"), "words", executors));
        PluginMetrics.register(() -> registry);

        assertTrue(registry.getNames().contains("executors.known"));
        assertFalse(registry.getNames().contains("role.partner.secondsLeft"), "no plan is in force");
    }

    @Test
    void aMetricSystemThatThrowsIsLoggedAndNothingElse() {
        PluginState.put(PluginState.ofExecutor("1", Channel.Kind.NONE));
        StandardError log = StandardError.of(() -> PluginMetrics.register(new FakePluginContext("1")::metricRegistry));

        assertEquals(1, log.count("spark-xacct: there are no metrics: java.lang.UnsupportedOperationException: nothing is measured"), log.text());
    }
}

package io.sparkxacct.python;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DaemonSettingsTest {
    private static final String OURS = "spark_xacct.worker.daemon";

    private final Map<String, String> conf = new HashMap<>();
    private final DaemonSettings settings = new DaemonSettings(LiveSettings.of(conf::get, conf::put));

    /** What is configured, which module comes after ours, and what Spark is to run: daemon, worker and whether it uses a daemon. */
    static Stream<Arguments> configurations() {
        return Stream.of(
            Arguments.of(Map.of(), null, OURS + " null null"),
            Arguments.of(Map.of("daemon.module", "rapids.daemon"), "rapids.daemon", OURS + " null null"),
            Arguments.of(Map.of("daemon.module", OURS), null, OURS + " null null"),
            Arguments.of(Map.of("worker.module", "my.worker"), null, OURS + " my.worker null"),
            Arguments.of(Map.of("use.daemon", "true", "daemon.module", "a.b"), "a.b", OURS + " null true"),
            Arguments.of(Map.of("use.daemon", "false"), "pyspark.worker", "null " + OURS + " false"),
            Arguments.of(Map.of("use.daemon", "false", "worker.module", "my.worker"), "my.worker", "null " + OURS + " false"),
            Arguments.of(Map.of("use.daemon", "False", "daemon.module", "a.b"), "pyspark.worker", "a.b " + OURS + " False"));
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void oursStandsBeforeWhatIsConfigured(Map<String, String> configured, String next, String spark) {
        configured.forEach((name, value) -> conf.put("spark.python." + name, value));

        assertEquals(next, settings.next());
        settings.install();
        assertEquals(spark, inSpark());
        assertEquals(next, settings.next());
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void anExecutorThatGetsTheDriversSettingsDoesTheSame(Map<String, String> configured, String next, String spark) {
        configured.forEach((name, value) -> conf.put("spark.python." + name, value));
        settings.refuse("spark-xacct: Python tasks fail on purpose");

        DaemonSettings executor = new DaemonSettings(LiveSettings.of(conf::get, conf::put));
        executor.restore();
        assertEquals(next, executor.next());
        executor.install();
        assertEquals(spark.replace("False", "false").replaceFirst("^null", "pyspark.daemon").replaceFirst("null$", "true"),
            inSpark().replace("False", "false"));
    }

    @Test
    void aRefusalIsADaemonOfThatNameBecauseOfAWorkerSparkShowsNothing() {
        conf.put("spark.python.use.daemon", "false");
        settings.refuse("spark-xacct: Python tasks fail on purpose");

        assertEquals("spark-xacct: Python tasks fail on purpose null true", inSpark());
    }

    @Test
    void whatWasChangedCanBeTakenBackAndMeansTheSame() {
        conf.put("spark.python.daemon.module", "rapids.daemon");
        settings.install();
        settings.refuse("spark-xacct: Python tasks fail on purpose");
        settings.restore();

        assertEquals("rapids.daemon null true", inSpark());
        assertEquals("rapids.daemon", settings.next());
    }

    @Test
    void whatWasNotChangedIsLeft() {
        settings.restore();

        assertEquals(Map.of(), conf);
    }

    @Test
    void whatWasConfiguredIsKeptInSettingsOfOurs() {
        conf.put("spark.python.daemon.module", "rapids.daemon");
        settings.install();

        assertEquals(new TreeMap<>(Map.of("spark.python.daemon.module", OURS, "spark.xacct.python.configured.python.daemon.module", "rapids.daemon")),
            new TreeMap<>(conf));
    }

    private String inSpark() {
        return conf.get("spark.python.daemon.module") + " " + conf.get("spark.python.worker.module") + " " + conf.get("spark.python.use.daemon");
    }
}

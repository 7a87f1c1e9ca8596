package io.sparkxacct.spark;

import static io.sparkxacct.testkit.PlanTexts.base;
import static io.sparkxacct.testkit.PlanTexts.json;
import static io.sparkxacct.testkit.PlanTexts.packed;
import static io.sparkxacct.testkit.PlanTexts.role;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.Count;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.session.RefusedKey;
import io.sparkxacct.testkit.LoopbackSts;
import io.sparkxacct.testkit.StandardError;
import java.security.PrivilegedExceptionAction;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DriverHalfTest {
    private static final String JSON = json(base("io.sparkxacct.sts2.StaticBase"), "http://127.0.0.1:1", role("partner"), "", "@deny");
    private static final String PYTHON = JSON.replace("\"python\":{\"roles\":[]}", "\"python\":{\"roles\":[\"partner\"],\"default_role\":\"partner\"}");
    private static final Plan PLAN = PlanReader.fromJson(JSON);
    private static final Map<String, String> QUESTION = Messages.question(PLAN.id(), List.of("partner"));
    private static final Map<String, String> NOT_STARTED =
        Map.of("v", "1", "refused", "CHANNEL", "problem", "the driver's plugin has not started or is shut down");

    private final DriverHalf half = new DriverHalf();
    private final SetSettings conf = new SetSettings();
    private final Configuration configuration = new Configuration(false);

    @AfterEach
    void nothingIsInForce() {
        half.shutdown();
        JvmSessions.deactivate();
    }

    private Map<String, String> start(String master, String... settings) {
        configuration.set(Keys.PLAN, packed(JSON));
        conf.set("spark.master", master);
        for (int i = 0; i < settings.length; i += 2) {
            conf.set(settings[i], settings[i + 1]);
        }
        return half.start(configuration, conf);
    }

    private Map<String, String> received(Object message) {
        return Messages.unpacked(half.receive(message));
    }

    @Test
    void withoutAPlanItDoesNothing() {
        assertEquals(Map.of(), half.start(configuration, conf));
        assertNull(JvmSessions.planInForce());
        assertEquals(NOT_STARTED, received(QUESTION));
        assertEquals(Map.of(), conf.values());
    }

    @Test
    void putsThePlanInForceNamesTheRunAndTellsExecutorsTheChannel() {
        Map<String, String> told = start("spark://driver:7077", "spark.xacct.broker.unauthenticated", "true");

        assertEquals(PLAN.id(), JvmSessions.planInForce().id());
        String run = JvmSessions.run();
        assertEquals(run + " " + run + " " + run, String.join(" ", configuration.get("fs.xacct.run"), conf.get("spark.hadoop.fs.xacct.run"),
            conf.get("spark.executorEnv.SPARK_XACCT_RUN")));
        assertEquals("UNPROTECTED_ON_PURPOSE", told.get("channel"));
        assertTrue(told.get("run").matches("[0-9a-f]{1,16}"), told.get("run"));
        assertEquals(2, told.size());
        assertEquals(Map.of("v", "1", "plan", PLAN.id(), "partner/waitMillis", "250"), received(QUESTION));
    }

    @Test
    void aPlanOfASiteFileIsHandedOnToExecutorsAndOneOfTheApplicationStaysAsItIs() {
        start("local[2]");
        assertEquals(packed(JSON), conf.get("spark.hadoop.fs.xacct.plan"));
        assertEquals(".", conf.get("spark.hadoop.fs.xacct.plan.2"));
        half.shutdown();

        conf.set("spark.hadoop.fs.xacct.plan", "as the application says");
        new DriverHalf().start(configuration, conf);
        assertEquals("as the application says", conf.get("spark.hadoop.fs.xacct.plan"));
    }

    @Test
    void itsEndEndsTheRefreshingAndTheNextContextBeginsAnew() {
        start("local[2]");
        half.shutdown();
        assertEquals("DRAINED", JvmSessions.report().roles().get(1).state());
        half.shutdown();

        start("local[2]");
        assertNotEquals("DRAINED", JvmSessions.report().roles().get(1).state());
    }

    @Test
    void whatItHasNotPutInForceGoesOn() {
        // Whatever context there was in this JVM before, it had no plan.
        half.start(configuration, conf);
        JvmSessions.activate(packed(JSON), null, null);
        assertEquals(Map.of(), half.start(configuration, conf));
        half.shutdown();

        assertNotEquals("DRAINED", JvmSessions.report().roles().get(1).state());
    }

    @Test
    void saysHowOftenStsIsAskedWithTheBrokerAndWithout() {
        String bound = JSON.replace("\"buckets\":{}", "\"buckets\":{\"partner-data\":\"partner\"}");
        configuration.set(Keys.PLAN, packed(bound));
        conf.set("spark.master", "spark://driver:7077");
        conf.set("spark.executor.instances", "9");
        StandardError log = StandardError.of(() -> half.start(configuration, conf));
        String words = "executors ask STS themselves, 20 STS calls an hour: Spark's RPC is not authenticated; with spark.authenticate=true,"
            + " spark.network.crypto.enabled=true and one spark.authenticate.secret for master, workers and application they get role sessions"
            + " from the driver, 2 STS calls an hour";

        assertEquals(1, log.count("spark-xacct: plan " + PlanReader.fromJson(bound).id() + ": " + words), log.text());
        assertEquals("driver NONE " + words, PluginState.current().process() + " " + PluginState.current().channel() + " "
            + PluginState.current().words());
        half.shutdown();
        assertNull(PluginState.current());
    }

    @ParameterizedTest
    @CsvSource({"spark://driver:7077, true", "local[2], false"})
    void whatExecutorsCountIsSummedWhereTheyCanAsk(String master, boolean summed) {
        start(master, "spark.xacct.broker.unauthenticated", "true");
        Map<String, String> question = new HashMap<>(QUESTION);
        Messages.putCounts(question, "1", 1, Map.of("fetches", 7L));
        half.receive(question);

        ExecutorTally executors = PluginState.current().executors();
        assertEquals(summed ? 7L : null, executors == null ? null : executors.sum(Count.FETCHES));
    }

    @Test
    void aRunThatSomebodyNamedStays() {
        configuration.set("fs.xacct.run", "j-1");
        start("spark://driver:7077", "spark.executorEnv.SPARK_XACCT_RUN", "j-2");

        assertEquals("j-1 j-1 j-2", String.join(" ", JvmSessions.run(), configuration.get("fs.xacct.run"),
            conf.get("spark.executorEnv.SPARK_XACCT_RUN")));
        assertNull(conf.get("spark.hadoop.fs.xacct.run"));
    }

    @Test
    void anOpenChannelCarriesNothing() {
        Map<String, String> told = start("spark://driver:7077");

        assertEquals("NONE", told.get("channel"));
        assertEquals("CHANNEL", received(QUESTION).get("refused"));
        assertEquals(PLAN.id(), JvmSessions.planInForce().id());
    }

    @Test
    void inLocalModeWhoeverReachesThePortGetsNothing() {
        assertEquals("LOCAL", start("local[2]").get("channel"));

        assertEquals(Map.of("v", "1", "refused", "CHANNEL", "problem", "driver and executor are one JVM"), received(QUESTION));
    }

    @Test
    void onYarnTheKeyGoesWithTheUserAndMessagesAreSealed() throws Exception {
        UserGroupInformation.createRemoteUser("yarn-driver").doAs((PrivilegedExceptionAction<Void>) () -> {
            Map<String, String> told = start("yarn");
            assertEquals("SEALED", told.get("channel"));
            Seal executor = new Seal(SealKey.received(), told.get("run"), Clock.system());
            Map<String, String> ask = executor.sealAsk(QUESTION);

            assertEquals(Map.of("v", "1", "plan", PLAN.id(), "partner/waitMillis", "250"),
                executor.openAnswer(received(ask), ask.get("nonce")));
            AtomicReference<Map<String, String>> again = new AtomicReference<>();
            StandardError log = StandardError.of(() -> again.set(received(ask)));
            assertEquals(Map.of("v", "1", "refused", "QUESTION", "problem", "denied"), again.get());
            assertEquals(1, log.count("spark-xacct: the broker refused 1 ask: 1 replayed"), log.text());
            return null;
        });
    }

    @Test
    void withKerberosNoKeyIsGivenOutBeforeSparkAuthenticates() throws Exception {
        System.setProperty("java.security.krb5.realm", "EXAMPLE.COM");
        System.setProperty("java.security.krb5.kdc", "127.0.0.1");
        Configuration kerberos = new Configuration(false);
        kerberos.set("hadoop.security.authentication", "kerberos");
        UserGroupInformation.setConfiguration(kerberos);
        try {
            UserGroupInformation.createRemoteUser("yarn-driver").doAs((PrivilegedExceptionAction<Void>) () -> {
                assertEquals("NONE", start("yarn").get("channel"));
                assertNull(SealKey.received());
                half.shutdown();
                assertEquals("SEALED", start("yarn", "spark.authenticate", "true").get("channel"));
                assertNotNull(SealKey.received());
                return null;
            });
        } finally {
            UserGroupInformation.setConfiguration(new Configuration(false));
            System.clearProperty("java.security.krb5.realm");
            System.clearProperty("java.security.krb5.kdc");
        }
    }

    @Test
    void aSecondContextGivesOutAnotherKey() throws Exception {
        UserGroupInformation.createRemoteUser("yarn-driver").doAs((PrivilegedExceptionAction<Void>) () -> {
            String first = start("yarn").get("run");
            byte[] key = SealKey.received();
            half.shutdown();
            DriverHalf second = new DriverHalf();
            assertNotEquals(first, second.start(configuration, conf).get("run"));
            assertTrue(!Arrays.equals(key, SealKey.received()));
            return null;
        });
    }

    @Test
    void aSessionThatAnExecutorWasRefusedWithIsReplaced() throws InterruptedException {
        try (LoopbackSts sts = LoopbackSts.start().numberingKeys()) {
            String json = JSON.replace("http://127.0.0.1:1", sts.endpoint());
            configuration.set(Keys.PLAN, packed(json));
            conf.set("spark.master", "spark://driver:7077");
            conf.set("spark.xacct.broker.unauthenticated", "true");
            half.start(configuration, conf);
            Map<String, String> question = new HashMap<>(Messages.question(PlanReader.fromJson(json).id(), List.of("partner")));
            assertEquals("ASIAPARTNER1", awaited(question));
            Messages.putRefused(question, "partner", RefusedKey.dead("ASIAPARTNER1"));

            assertEquals("ASIAPARTNER2", awaited(question));
        }
    }

    private String awaited(Map<String, String> question) throws InterruptedException {
        for (int step = 0; step < 200; step++) {
            String key = received(question).get("partner/session.accessKeyId");
            if (key != null) {
                return key;
            }
            Thread.sleep(50);
        }
        return null;
    }

    @Test
    void afterShutdownNothingIsAnsweredAndThePlanStaysForWhatIsClosedLater() {
        start("spark://driver:7077", "spark.xacct.broker.unauthenticated", "true");
        half.shutdown();

        assertEquals(NOT_STARTED, received(QUESTION));
        assertNotNull(JvmSessions.planInForce());
        half.shutdown();
    }

    @Test
    void initThrowsNothing() {
        AtomicReference<Map<String, String>> told = new AtomicReference<>();
        StandardError log = StandardError.of(() -> told.set(half.init(null, new FakePluginContext("driver"))));

        assertEquals(Map.of(), told.get());
        assertEquals(1, log.count("spark-xacct: the plugin does not start in the driver, so it serves nothing: java.lang.NullPointer"),
            log.text());
        assertEquals(NOT_STARTED, received("anything"));
    }

    @ParameterizedTest
    @CsvSource({
        "damaged,         may not be here what the plan says",
        "gap,             may not be here what the plan says",
        "without an SDK,  would not be role partner here but another identity",
    })
    void whereThePlanIsNotInForcePythonTasksFailAndNobodyIsToldOtherwise(String mistake, String because) {
        String ofNoSdk = PYTHON.replace("io.sparkxacct.sts2.StaticBase", "java.lang.String");
        configuration.set(Keys.PLAN, "damaged".equals(mistake) ? "z1:broken" : packed(ofNoSdk));
        if ("gap".equals(mistake)) {
            configuration.unset(Keys.PLAN);
            configuration.set(Keys.PLAN + ".2", "x");
        }
        conf.set("spark.master", "local[2]");
        AtomicReference<Map<String, String>> told = new AtomicReference<>();
        StandardError log = StandardError.of(() -> told.set(half.start(configuration, conf)));

        assertEquals(Map.of(), told.get());
        assertNull(JvmSessions.planInForce());
        assertEquals(NOT_STARTED, received(QUESTION));
        String module = String.valueOf(conf.get("spark.python.daemon.module"));
        assertTrue(module.startsWith("spark-xacct: Python tasks fail on purpose, because plain boto3 " + because + ": its plan is not in force: "), module);
        assertEquals(1, log.count("the plan that is set does not come into force in the driver, so neither executors nor Python get role sessions"
            + " from it: "), log.text());
        assertEquals(1, log.count("Python workers of this JVM do not find its role sessions, so Python tasks fail: its plan is not in force: "),
            log.text());
        assertEquals(0, log.count("asks STS itself"), log.text());
    }

    @Test
    void aChannelThatDoesNotOpenCostsTheBrokerOnly() {
        configuration.set(Keys.PLAN, packed(JSON));
        Settings broken = new Settings() {
            @Override
            public String get(String name) {
                if (name.equals("spark.authenticate")) {
                    throw new IllegalStateException("no cipher");
                }
                return name.equals("spark.master") ? "spark://driver:7077" : conf.get(name);
            }

            @Override
            public void set(String name, String value) {
                conf.set(name, value);
            }

            @Override
            public Map<String, String> under(String prefix) {
                return conf.under(prefix);
            }
        };
        AtomicReference<Map<String, String>> told = new AtomicReference<>();
        String words = "executors ask STS themselves: the driver cannot open a channel (java.lang.IllegalStateException: no cipher); with that mended"
            + " they get role sessions from the driver";
        StandardError log = StandardError.of(() -> told.set(half.start(configuration, broken)));

        assertEquals("NONE", told.get().get("channel"));
        assertEquals(PLAN.id(), JvmSessions.planInForce().id());
        assertEquals(Map.of("v", "1", "refused", "CHANNEL", "problem", words), received(QUESTION));
        assertEquals(1, log.count("spark-xacct: plan " + PLAN.id() + ": " + words), log.text());
    }

    @Test
    void aSparkContextWithoutAPlanHasNoRolesOfTheOneBefore() {
        start("spark://driver:7077");
        half.shutdown();
        new DriverHalf().start(new Configuration(false), new SetSettings());

        assertEquals("bucket partner-data: fs.xacct.plan is not set in the Hadoop configuration of this JVM (spark.hadoop.fs.xacct.plan in Spark)",
            assertThrows(FailureException.class, () -> JvmSessions.resolve("s3a", "partner-data")).getMessage());
    }

    @Test
    void butKeepsThePlanThatAFileSystemBrought() {
        half.start(configuration, conf);
        Configuration ofAFileSystem = new Configuration(false);
        ofAFileSystem.set(Keys.PLAN, packed(JSON));
        JvmSessions.follow(ofAFileSystem);
        half.start(configuration, conf);

        assertEquals(PLAN.id(), JvmSessions.planInForce().id());
    }
}

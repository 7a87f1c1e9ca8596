package io.sparkxacct.spark;

import static io.sparkxacct.testkit.PlanTexts.base;
import static io.sparkxacct.testkit.PlanTexts.json;
import static io.sparkxacct.testkit.PlanTexts.packed;
import static io.sparkxacct.testkit.PlanTexts.role;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.Count;
import io.sparkxacct.session.Counters;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.session.Offer;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.testkit.StandardError;
import io.sparkxacct.testkit.TestEnvironment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivilegedExceptionAction;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExecutorHalfTest {
    private static final String JSON = json(base("io.sparkxacct.sts2.StaticBase"), "http://127.0.0.1:1", role("partner"), "\"partner-data\":\"partner\"", "@deny");
    private static final String PYTHON = JSON.replace("\"python\":{\"roles\":[]}", "\"python\":{\"roles\":[\"partner\"],\"default_role\":\"partner\"}");
    private static final Plan PLAN = PlanReader.fromJson(JSON);
    private static final String RUN = "12ab";

    private final ExecutorHalf half = new ExecutorHalf();
    private final SetSettings conf = new SetSettings();
    private final AtomicInteger asked = new AtomicInteger();
    private final ExecutorTally heard = new ExecutorTally();

    @BeforeEach
    void plan() {
        conf.set("spark.hadoop.fs.xacct.plan", packed(JSON));
        conf.set("spark.hadoop.fs.xacct.run", "j-1");
    }

    @AfterEach
    void nothingIsInForce() {
        half.shutdown();
        JvmSessions.deactivate();
        JvmSessions.takeFrom(null);
        PluginState.put(null);
    }

    private void start(Map<String, String> told, UnaryOperator<Object> driver) {
        half.start(message -> {
            asked.incrementAndGet();
            return driver.apply(message);
        }, told, conf);
    }

    private static Map<String, String> told(Channel.Kind kind) {
        return Map.of("channel", kind.name(), "run", RUN);
    }

    private StandardError logOf(Map<String, String> told) {
        return StandardError.of(() -> start(told, message -> message));
    }

    /** A driver that has a session of every role. */
    private UnaryOperator<Object> driver(Channel.Kind kind, byte[] key) {
        Broker broker = new Broker(() -> PLAN,
            (of, role) -> new Offer(new RoleSession("DRIVER-" + role, "secret", "token", Instant.EPOCH), 1_800_000, 900_000),
            (of, role, refused) -> false, new Counters(), heard);
        Seal seal = key == null ? null : new Seal(key, RUN, Clock.system());
        return new Responder(broker, Channel.of(kind, "as the test says"), seal, Clock.system(), text -> { })::respond;
    }

    private static String key() {
        return JvmSessions.resolve("s3a", "partner-data").accessKeyId();
    }

    private static String refusal() {
        return assertThrows(FailureException.class, ExecutorHalfTest::key).getMessage();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PROTECTED", "UNPROTECTED_ON_PURPOSE"})
    void readsWithTheDriversSessions(Channel.Kind kind) {
        start(told(kind), driver(kind, null));
        assertEquals(0, asked.get());

        assertEquals("DRIVER-partner", key());
        assertEquals("j-1", JvmSessions.run());
        assertEquals(1, asked.get());
    }

    @Test
    void tellsTheDriverWhatItHasCounted() {
        conf.set("spark.executor.id", "3");
        long before = JvmSessions.counters().get(Count.ASKS);
        start(told(Channel.Kind.PROTECTED), driver(Channel.Kind.PROTECTED, null));
        key();

        assertEquals("executor 3 PROTECTED null null", String.join(" ", PluginState.current().process(), PluginState.current().channel(),
            String.valueOf(PluginState.current().words()), String.valueOf(PluginState.current().executors())));
        assertEquals("1 executor, " + (before + 1) + " asks", heard.executors() + " executor, " + heard.sum(Count.ASKS) + " asks");
    }

    @Test
    void aSessionThatS3RefusesIsAskedForAnewAndThatIsSaid() throws Exception {
        AtomicInteger generation = new AtomicInteger();
        Broker broker = new Broker(() -> PLAN,
            (of, role) -> new Offer(new RoleSession("DRIVER-" + generation, "secret", "token", Instant.EPOCH), 1_800_000, 900_000),
            (of, role, refused) -> generation.incrementAndGet() > 0, new Counters(), heard);
        start(told(Channel.Kind.PROTECTED), new Responder(
            broker, Channel.of(Channel.Kind.PROTECTED, "as the test says"), null, Clock.system(), text -> { })::respond);
        assertEquals("DRIVER-0", key());

        StandardError log = StandardError.of(() -> JvmSessions.providerSource().apply(Map.of(
            "refusedBucket", "partner-data", "operation", "GetObject", "status", 403, "code", "InvalidToken", "accessKeyId", "DRIVER-0")));
        for (int step = 0; step < 200 && key().equals("DRIVER-0"); step++) {
            Thread.sleep(50);
        }

        assertEquals("DRIVER-1", key());
        assertEquals(1, log.count("bucket partner-data: S3 refused GetObject to role partner"), log.text());
    }

    @Test
    void sealsWhatItAsksWhereTheKeyHasComeAlong() throws Exception {
        UserGroupInformation.createRemoteUser("yarn-executor").doAs((PrivilegedExceptionAction<Void>) () -> {
            byte[] key = Seal.newKey();
            SealKey.giveOut(key);
            conf.set("spark.executor.id", "3");
            start(told(Channel.Kind.SEALED), driver(Channel.Kind.SEALED, key));

            assertEquals("DRIVER-partner", key());
            assertEquals(1, heard.executors());
            return null;
        });
    }

    @Test
    void withoutTheKeyItAsksSts() throws Exception {
        UserGroupInformation.createRemoteUser("yarn-executor").doAs((PrivilegedExceptionAction<Void>) () -> {
            StandardError log = logOf(told(Channel.Kind.SEALED));

            assertEquals(1, log.count("spark-xacct: the driver's key is not among the credentials of this executor, which asks STS itself"), log.text());
            assertEquals(PLAN.id(), JvmSessions.planInForce().id());
            assertEquals(0, asked.get());
            return null;
        });
    }

    @Test
    void withoutAChannelItAsksStsUnderTheApplicationsPlan() {
        start(told(Channel.Kind.NONE), message -> message);

        assertEquals(PLAN.id() + " j-1", JvmSessions.planInForce().id() + " " + JvmSessions.run());
        assertEquals(0, asked.get());
    }

    /** A proxy without its password fails the first call of STS, so it has come along. */
    @Test
    void stsIsAskedByTheApplicationsProxyBeforeAnyFileSystemIsMade() {
        conf.set("spark.hadoop.fs.s3a.proxy.host", "proxy.corp");
        conf.set("spark.hadoop.fs.s3a.proxy.username", "ana");
        start(told(Channel.Kind.NONE), message -> message);

        assertTrue(refusal().startsWith("bucket partner-data: hop 1 of 1 (arn:aws:iam::444455556666:role/partner): fs.s3a.proxy.username and fs.s3a.proxy.password must be set both or not at all; correct it: STS is asked"
            + " through S3A's proxy"), refusal());
    }

    @Test
    void inTheDriversJvmItDoesNothing() {
        half.init(new FakePluginContext("driver"), told(Channel.Kind.UNPROTECTED_ON_PURPOSE));

        assertNull(JvmSessions.planInForce());
    }

    @Test
    void whereTheDriversHalfHasNotStartedItServesNothing() {
        StandardError log = StandardError.of(() -> {
            start(Map.of(), message -> message);
            start(null, message -> message);
        });

        assertNull(JvmSessions.planInForce());
        assertNull(conf.get("spark.python.daemon.module"));
        assertEquals(2, log.count("spark-xacct: the plugin does not put the plan in force in this executor: java.lang.IllegalStateException: the plugin"
            + " has not started in the driver, whose log says why"), log.text());
    }

    @Test
    void withoutAPlanItDoesNothing() {
        conf.values().remove("spark.hadoop.fs.xacct.plan");
        start(told(Channel.Kind.UNPROTECTED_ON_PURPOSE), message -> message);

        assertNull(JvmSessions.planInForce());
    }

    @ParameterizedTest
    @ValueSource(strings = {"WHATEVER", ""})
    void aChannelOfAnotherVersionIsNoneAndLogged(String channel) {
        StandardError log = logOf(Map.of("channel", channel));

        assertEquals(PLAN.id(), JvmSessions.planInForce().id());
        assertEquals(1, log.count("spark-xacct: the driver has a channel that this jar does not know, so this executor asks STS itself:"
            + " java.lang.IllegalArgument"), log.text());
    }

    @Test
    void aSealThatCannotBeMadeLeavesThePlanInForce() throws Exception {
        UserGroupInformation.createRemoteUser("yarn-executor").doAs((PrivilegedExceptionAction<Void>) () -> {
            SealKey.giveOut(new byte[1]);
            StandardError log = logOf(Map.of("channel", "SEALED", "run", RUN));

            assertEquals(PLAN.id(), JvmSessions.planInForce().id());
            assertEquals(1, log.count("spark-xacct: the channel to the driver does not open, so this executor asks STS itself: "), log.text());
            return null;
        });
    }

    @Test
    void aPlanThatCannotBeReadRefusesEveryBucketAndFailsPythonTasks() {
        conf.set("spark.hadoop.fs.xacct.plan", "z1:broken");
        logOf(told(Channel.Kind.PROTECTED));

        assertTrue(refusal().startsWith("bucket partner-data: the plan text is cut or damaged"));
        assertEquals("spark-xacct: Python tasks fail on purpose, because plain boto3 may not be here what the plan says: its plan is not in force: the"
            + " plan text is cut or damaged (9 characters: a checksum or code in it is wrong); copy it again in full; or set"
            + " spark.xacct.python.required=false", conf.get("spark.python.daemon.module"));
    }

    @Test
    void whereTheDriversHalfHasNotStartedPythonTasksFail() {
        conf.set("spark.hadoop.fs.xacct.plan", packed(PYTHON));
        logOf(null);

        assertEquals("spark-xacct: Python tasks fail on purpose, because plain boto3 would not be role partner here but another identity: its plan is"
            + " not in force: the plugin has not started in the driver, whose log says why; or set spark.xacct.python.required=false",
            conf.get("spark.python.daemon.module"));
    }

    @Test
    void itsEndLeavesTheEnvironmentAsItIs() {
        conf.set("spark.hadoop.fs.xacct.plan", packed(PYTHON));
        try (TestEnvironment before = new TestEnvironment()) {
            logOf(told(Channel.Kind.NONE));
            String folder = System.getenv("SPARK_XACCT_ENDPOINT");
            half.shutdown();

            assertEquals("spark_xacct.worker.daemon", conf.get("spark.python.daemon.module"));
            assertNotNull(folder);
            assertEquals(folder, System.getenv("SPARK_XACCT_ENDPOINT"));
            assertFalse(Files.exists(Path.of(folder)));
        }
    }

    @Test
    void initThrowsNothingWhateverSparkGives() {
        StandardError log = StandardError.of(() -> {
            half.init(null, null);
            half.init(new FakePluginContext(null), Map.of());
        });

        assertEquals(1, log.count("the plugin does not start in this executor, so it serves nothing: java.lang.NullPointerException"), log.text());
        assertEquals(1, log.count("the plugin does not start in this executor, so it serves nothing: java.lang.IllegalStateException: no settings"),
            log.text());
    }
}

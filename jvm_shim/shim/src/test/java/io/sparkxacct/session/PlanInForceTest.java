package io.sparkxacct.session;

import static io.sparkxacct.testkit.PlanTexts.json;
import static io.sparkxacct.testkit.PlanTexts.packed;
import static io.sparkxacct.testkit.PlanTexts.role;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.PlanException;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.testkit.StandardError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PlanInForceTest {
    private static final String PARTNER = plan("\"partner-data\":\"partner\",\"scratch\":\"@base\"");
    private static final String FINANCE = plan("\"partner-data\":\"finance\"");

    @TempDir
    Path directory;

    private final List<FakeLine> lines = new ArrayList<>();
    private final List<String> runs = new ArrayList<>();
    private Throwable defect;
    private final List<Runnable> closings = new ArrayList<>();
    private volatile Runnable whileOpening = () -> { };
    private final PlanInForce sessions = new PlanInForce(inputs -> {
        whileOpening.run();
        if (defect != null) {
            PlanInForceTest.<RuntimeException>raise(defect);
        }
        FakeLine line = new FakeLine();
        lines.add(line);
        runs.add(inputs.run());
        return new StsSource(inputs, line);
    }, closings::add);

    @AfterEach
    void stopThreads() {
        sessions.clear();
    }

    @Test
    void servesABucketUnderItsRoleAndABaseBucketAsTheBase() {
        sessions.adopt(configuration(PARTNER));

        assertEquals("ASIAarn:aws:iam::444455556666:role/partner", sessions.session("s3a", "partner-data").accessKeyId());
        assertEquals("AKIABASE", sessions.session("s3a", "scratch").accessKeyId());
    }

    @Test
    void tellsWhoARoleAndTheBaseAreToSts() {
        sessions.adopt(configuration(PARTNER));

        assertEquals("arn:aws:iam::111122223333:user/base", sessions.caller("partner"));
        sessions.caller("@base");

        String role = "arn:aws:iam::444455556666:role/partner";
        assertEquals(List.of("AssumeRole " + role + " by AKIABASE", "GetCallerIdentity by ASIA" + role, "GetCallerIdentity by AKIABASE"),
            lines.get(0).calls);
    }

    @Test
    void aQuestionWhoSomebodyIsFailsInWordsForPeople() {
        sessions.adopt(configuration(PARTNER));
        sessions.caller("partner");
        lines.get(0).refusal = StsException.answered(403, "ExpiredToken", "The security token included in the request is expired");

        assertEquals("GetCallerIdentity: refused by STS: ExpiredToken",
            assertThrows(FailureException.class, () -> sessions.caller("partner")).failure().firstLine(null));
        assertEquals("the plan " + PlanReader.read(packed(PARTNER)).id() + " holds no role \"nobody\"; it holds: partner, finance",
            assertThrows(FailureException.class, () -> sessions.caller("nobody")).failure().firstLine(null));
    }

    @Test
    void answersProvidersInTypesOfTheJdkAndTheSameInstanceWhileTheSessionIsTheSame() {
        sessions.answer(Map.of("configuration", configuration(PARTNER)));
        Map<String, Object> question = Map.of("scheme", "s3a", "bucket", "partner-data");

        Map<String, String> answer = sessions.answer(question);

        assertEquals(Map.of("accessKeyId", "ASIAarn:aws:iam::444455556666:role/partner", "secretAccessKey", "secret", "sessionToken", "token"), answer);
        assertSame(answer, sessions.answer(question));
        assertFalse(sessions.answer(Map.of("scheme", "s3a", "bucket", "scratch")).containsKey("sessionToken"));
    }

    @Test
    void withoutAPlanEveryBucketIsRefusedAndActivationSaysSo() {
        String noPlan = "fs.xacct.plan is not set in the Hadoop configuration of this JVM (spark.hadoop.fs.xacct.plan in Spark)";

        assertEquals("bucket partner-data: " + noPlan, refusal("partner-data"));
        assertEquals(noPlan, assertThrows(PlanException.class, () -> sessions.put(new Configuration(false))).getMessage());
    }

    @Test
    void aConfigurationWithoutAPlanChangesNothing() {
        sessions.adopt(configuration(PARTNER));
        assertFalse(sessions.adopt(new Configuration(false)));

        assertEquals("AKIABASE", sessions.session("s3a", "scratch").accessKeyId());
    }

    @Test
    void theNewestPlanIsInForceForEverybodyAndItsComingIsLogged() {
        sessions.adopt(configuration(PARTNER));
        sessions.session("s3a", "partner-data");
        sessions.adopt(configuration(FINANCE));

        assertEquals("ASIAarn:aws:iam::444455556666:role/finance", sessions.session("s3a", "partner-data").accessKeyId());
        assertTrue(refusal("scratch").startsWith("bucket scratch is not declared; otherwise: deny refuses it;"
            + " add it to buckets: or own: in the declaration (plan "));
    }

    @Test
    void theSamePlanAgainKeepsItsSessions() {
        sessions.adopt(configuration(PARTNER));
        RoleSession before = sessions.session("s3a", "partner-data");
        sessions.adopt(configuration(PARTNER));
        sessions.adopt(configuration(PARTNER.replace("{\"v\":1,", "{ \"v\": 1, ")));

        assertSame(before, sessions.session("s3a", "partner-data"));
        assertEquals(1, lines.size());
    }

    @Test
    void anotherRunOfTheSamePlanGetsSessionsOfItsOwnName() {
        Configuration first = configuration(PARTNER);
        first.set(Keys.RUN, "run-1");
        sessions.adopt(first);
        RoleSession before = sessions.session("s3a", "partner-data");
        Configuration second = configuration(PARTNER);
        second.set(Keys.RUN, "run-2");
        sessions.adopt(second);

        assertNotSame(before, sessions.session("s3a", "partner-data"));
        assertEquals(List.of("run-1", "run-2"), runs);
    }

    @Test
    void theConnectionsOfAPlanAreLetGoWhenItsLastCallsHaveEnded() {
        sessions.adopt(configuration(PARTNER));
        sessions.session("s3a", "partner-data");
        sessions.adopt(configuration(FINANCE));
        sessions.session("s3a", "partner-data");
        sessions.clear();
        assertEquals("false false", lines.get(0).closed + " " + lines.get(1).closed);

        closings.remove(0).run();
        assertEquals("true false", lines.get(0).closed + " " + lines.get(1).closed);
        closings.remove(0).run();
        assertTrue(lines.get(1).closed);
        assertEquals(List.of(), closings);
    }

    @Test
    void whatIsClosedLaterKeepsNoThreadAfterwardsAndNoJvmAlive() throws InterruptedException {
        AtomicReference<Thread> closer = new AtomicReference<>();
        long start = System.nanoTime();
        DaemonScheduler.later(TimeUnit.MILLISECONDS.toNanos(200), () -> closer.set(Thread.currentThread()));

        waitUntil(() -> closer.get() != null);
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(200));
        assertEquals("xacct-close-1 true", closer.get().getName().replaceFirst("\\d+$", "1") + " " + closer.get().isDaemon());
        waitUntil(() -> !closer.get().isAlive());
    }

    @Test
    void aBrokenPlanRefusesEveryBucketAndIsLoggedOnce() {
        StandardError log = StandardError.of(() -> {
            for (int provider = 0; provider < 3; provider++) {
                sessions.adopt(configuration("z1:broken"));
            }
        });

        assertEquals("bucket partner-data: the plan text is cut or damaged (9 characters: a checksum or code in it is wrong); copy it again in full",
            refusal("partner-data"));
        assertEquals(1, log.count("no bucket is served: the plan text is cut or damaged"), log.text());
        assertThrows(FailureException.class, () -> sessions.put(configuration("z1:broken")));
    }

    @Test
    void aPlanFileIsReadAgainForEachFileSystem() throws IOException {
        Path file = Files.writeString(directory.resolve("plan.json"), PARTNER);
        sessions.adopt(configuration("file:" + file));
        sessions.session("s3a", "scratch");
        Files.writeString(file, FINANCE);
        sessions.adopt(configuration("file:" + file));

        assertEquals("ASIAarn:aws:iam::444455556666:role/finance", sessions.session("s3a", "partner-data").accessKeyId());
    }

    @Test
    void saysWhatIsInForce() {
        String id = sessions.put(configuration(PARTNER));

        assertEquals(Map.of("jar", "0.1.0", "plan", id, "about", "plan " + id + ": 2 roles, 2 buckets, base env"), sessions.status());
    }

    @Test
    void reportsWhereSessionsComeFromAndHowTheyAre() {
        Configuration configuration = configuration(PARTNER);
        configuration.set(Keys.RUN, "run-1");
        String id = sessions.put(configuration);
        sessions.session("s3a", "partner-data");

        JvmReport report = sessions.report();
        assertEquals(id + " run-1 STS at http://sts by a fake SDK", String.join(" ", report.plan().id(), report.run(), report.source()));
        assertNull(report.problem());
        assertEquals("@base false FRESH, partner true FRESH, finance true EMPTY", report.roles().stream()
            .map(row -> row.role() + " " + row.isOfARole() + " " + row.state()).collect(Collectors.joining(", ")));
    }

    @Test
    void aPlanThatServesNothingIsReportedWithItsProblem() {
        sessions.adopt(configuration("z1:broken"));

        JvmReport report = sessions.report();
        assertEquals("the plan text is cut or damaged (9 characters: a checksum or code in it is wrong); copy it again in full", report.problem());
        assertEquals("null null null []", report.plan() + " " + report.run() + " " + report.source() + " " + report.roles());
    }

    @Test
    void withoutAPlanThereIsNothingToReport() {
        JvmReport report = sessions.report();

        assertEquals("null null null null []",
            report.plan() + " " + report.run() + " " + report.problem() + " " + report.source() + " " + report.roles());
    }

    @Test
    void countsGoOnWhenThePlanChanges() {
        sessions.adopt(configuration(PARTNER));
        sessions.session("s3a", "partner-data");
        refusal("stranger");
        sessions.adopt(configuration(FINANCE));
        sessions.session("s3a", "partner-data");
        refusal("stranger");

        assertEquals("2 fetches, 2 undeclared",
            sessions.counters().get(Count.FETCHES) + " fetches, " + sessions.counters().get(Count.UNDECLARED) + " undeclared");
    }

    @Test
    void anActivatedPlanStaysWhateverAFileSystemBringsAndThatIsLoggedOnce() {
        String id = sessions.put(configuration(PARTNER));

        StandardError log = StandardError.of(() -> {
            for (String other : List.of(FINANCE, FINANCE, "z1:broken", "file:/a\0b")) {
                sessions.adopt(configuration(other));
            }
        });

        assertEquals("ASIAarn:aws:iam::444455556666:role/partner", sessions.session("s3a", "partner-data").accessKeyId());
        assertEquals(3, log.count("WARN"), log.text());
        assertEquals(1, log.count("plan " + id + " was activated and stays in force; the configuration of a FileSystem carries another, which is"
            + " left aside: plan "), log.text());
        assertEquals(1, lines.size());
    }

    @Test
    void anActivatedPlanTakesTheRunOfASecondContext() {
        Configuration first = configuration(PARTNER);
        first.set(Keys.RUN, "run-1");
        sessions.put(first);
        Configuration second = configuration(PARTNER);
        second.set(Keys.RUN, "run-2");
        sessions.adopt(second);

        assertEquals(List.of("run-1", "run-2"), runs);
    }

    @Test
    void theNextActivationReplacesThePlanAndABrokenOneRefusesEveryBucket() {
        sessions.put(configuration(PARTNER));
        sessions.put(configuration(FINANCE));
        assertEquals("ASIAarn:aws:iam::444455556666:role/finance", sessions.session("s3a", "partner-data").accessKeyId());

        StandardError.of(() -> assertThrows(FailureException.class, () -> sessions.put(configuration("z1:broken"))));
        sessions.adopt(configuration(PARTNER));
        assertTrue(refusal("partner-data").startsWith("bucket partner-data: the plan text is cut or damaged"));
    }

    @Test
    void afterDeactivationNothingIsInForceUntilAFileSystemBringsAPlan() {
        sessions.put(configuration(PARTNER));
        sessions.clear();
        sessions.clear();
        assertTrue(refusal("partner-data").startsWith("bucket partner-data: fs.xacct.plan is not set"));
        assertEquals(Map.of("jar", "0.1.0"), sessions.status());

        sessions.adopt(configuration(FINANCE));
        assertEquals("ASIAarn:aws:iam::444455556666:role/finance", sessions.session("s3a", "partner-data").accessKeyId());
    }

    @Test
    void afterADrainSessionsServeOnAndTheSamePlanBeginsAnew() {
        Configuration configuration = configuration(PARTNER);
        configuration.set(Keys.RUN, "run-1");
        sessions.put(configuration);
        RoleSession before = sessions.session("s3a", "partner-data");
        sessions.drain();

        assertSame(before, sessions.session("s3a", "partner-data"));
        assertEquals("AKIABASE", sessions.session("s3a", "scratch").accessKeyId());
        assertEquals("DRAINED", sessions.report().roles().get(1).state());
        sessions.put(configuration);
        assertNotSame(before, sessions.session("s3a", "partner-data"));
        assertEquals("FRESH", sessions.report().roles().get(1).state());
        sessions.drain();
        sessions.adopt(configuration);
        sessions.session("s3a", "partner-data");
        assertEquals("FRESH", sessions.report().roles().get(1).state());
        assertEquals(List.of("run-1", "run-1", "run-1"), runs);
    }

    @Test
    void withoutAPlanADrainDoesNothing() {
        sessions.drain();
        sessions.adopt(configuration("z1:broken"));
        sessions.drain();

        assertTrue(refusal("partner-data").startsWith("bucket partner-data: the plan text is cut or damaged"));
    }

    @Test
    void aPlanByItsTextTakesNoPartsOfAnother() {
        Configuration.addDefaultResource("stale-parts.xml");
        try {
            assertEquals("9 characters", assertThrows(FailureException.class, () -> JvmSessions.activate("z1:broken", null, null))
                .getMessage().replaceAll(".*\\((\\d+ characters).*", "$1"));
        } finally {
            JvmSessions.deactivate();
        }
    }

    static Stream<Arguments> defects() {
        return Stream.of(
            Arguments.of(new NoClassDefFoundError("x/StsClient"), "java.lang.NoClassDefFoundError: x/StsClient"),
            Arguments.of(new IllegalStateException("broken"), "java.lang.IllegalStateException: broken"));
    }

    @ParameterizedTest
    @MethodSource("defects")
    void aPlanForWhichStsCannotBeAskedLeavesNoEarlierOneInForce(Throwable defect, String cause) {
        sessions.adopt(configuration(PARTNER));
        sessions.session("s3a", "scratch");
        this.defect = defect;
        StandardError log = StandardError.of(() -> {
            sessions.adopt(configuration(FINANCE));
            sessions.adopt(configuration(FINANCE));
        });

        assertEquals("bucket scratch: STS cannot be asked from this JVM: " + cause, refusal("scratch"));
        assertEquals(1, log.count("no bucket is served"), log.text());
        this.defect = null;
        sessions.adopt(configuration(FINANCE));
        assertEquals("ASIAarn:aws:iam::444455556666:role/finance", sessions.session("s3a", "partner-data").accessKeyId());
    }

    @Test
    void aPlanFileThatCannotBeAFileLeavesNoEarlierPlanInForce() {
        sessions.adopt(configuration(PARTNER));
        StandardError.of(() -> sessions.adopt(configuration("file:/a\0b")));

        assertTrue(refusal("scratch").startsWith("bucket scratch: the plan file /a"), refusal("scratch"));
    }

    @Test
    void nobodyWaitsForAnotherPlanThatIsBeingOpened() throws Exception {
        sessions.adopt(configuration(PARTNER));
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        whileOpening = () -> {
            opening.countDown();
            try {
                go.await();
            } catch (InterruptedException never) {
                throw new IllegalStateException(never);
            }
        };
        Thread slow = new Thread(() -> sessions.adopt(configuration(FINANCE)));
        slow.start();
        opening.await();
        whileOpening = () -> { };
        sessions.put(configuration(PARTNER));
        go.countDown();
        slow.join();

        assertEquals("ASIAarn:aws:iam::444455556666:role/partner", sessions.session("s3a", "partner-data").accessKeyId());
    }

    @Test
    void anAnswerShowsNoSecret() {
        sessions.adopt(configuration(PARTNER));

        String answer = sessions.answer(Map.of("scheme", "s3a", "bucket", "scratch")).toString();

        assertEquals("RoleSession(AKIABASE, expires never)", answer);
    }

    @Test
    void theFirstConfigurationOfAFileSystemStandsInForAPlanThatCameByItsText() {
        StsInputs inputs = new StsInputs(PlanReader.fromJson(PARTNER), "r1", "ana", name -> null, new Configuration(false));
        Configuration first = configuration(PARTNER);
        inputs.offer(first);
        assertNotSame(first, inputs.configuration());

        inputs.awaitConfiguration();
        inputs.offer(first);
        inputs.offer(configuration(PARTNER));
        assertSame(first, inputs.configuration());

        first.set("fs.s3a.proxy.host", "proxy.corp");
        assertEquals("proxy proxy.corp:443", inputs.proxy().toString());
    }

    private static void waitUntil(BooleanSupplier condition) throws InterruptedException {
        for (int step = 0; step < 6_000 && !condition.getAsBoolean(); step++) {
            Thread.sleep(10);
        }
        assertTrue(condition.getAsBoolean());
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void raise(Throwable thrown) throws T {
        throw (T) thrown;
    }

    private String refusal(String bucket) {
        return assertThrows(FailureException.class, () -> sessions.session("s3a", bucket)).getMessage();
    }

    private static Configuration configuration(String plan) {
        Configuration configuration = new Configuration(false);
        configuration.set(Keys.PLAN, plan.startsWith("{") ? packed(plan) : plan);
        return configuration;
    }

    private static String plan(String buckets) {
        return json("{\"kind\":\"env\"}", "http://sts", role("partner") + "," + role("finance"), buckets, "@deny");
    }
}

package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.FakeSts;
import io.sparkxacct.session.Offer;
import io.sparkxacct.session.Plans;
import io.sparkxacct.session.RefreshPolicy;
import io.sparkxacct.session.RefusedKey;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.RoleSessions;
import io.sparkxacct.session.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where an executor's role sessions come from. The driver's side is written by hand here: what it answers is one line. */
class BrokerClientTest {
    private static final Plan PLAN = Plans.of("hub", "partner<hub", "sink");
    private static final String FROM_DRIVER = "plan " + PLAN.id() + ": role sessions come from the driver";
    private static final String FROM_STS = "plan " + PLAN.id() + ": role sessions come from STS with this executor's own identity, because ";
    private static final String SILENT = "UNREACHABLE: role partner: the driver did not answer: nothing came within 10 s";
    private static final String NO_IDENTITY =
        "role partner: hop 1 of 2 (arn:aws:iam::111122223333:role/hub): the base identity is arn:a; fix it";

    private final VirtualTime time = new VirtualTime(1, Integer.MAX_VALUE);
    private final FakeSts sts = new FakeSts(time);
    private final List<String> said = new ArrayList<>();
    private final List<RoleSessions> direct = new ArrayList<>();
    private int questions;
    private int number;
    private Function<Map<String, String>, Map<String, String>> driver = question -> given(Duration.ofHours(1));
    private final BrokerClient client = client(0);

    @AfterEach
    void end() {
        time.end();
    }

    private BrokerClient client(double share) {
        return new BrokerClient(PLAN, question -> {
            questions++;
            return driver.apply(question);
        }, sts, source -> {
            direct.add(new RoleSessions(PLAN, source, new RefreshPolicy(() -> 0), time, time.another(), said::add));
            return direct.get(direct.size() - 1);
        }, time, () -> share, said::add);
    }

    /** What somebody gets who asks for a role, as its key or as its failure. */
    private static String asked(BrokerClient client, String role) {
        try {
            return client.assume(PLAN.role(role), 1, 1, null).accessKeyId();
        } catch (FailureException failed) {
            return failed.failure().toString();
        }
    }

    private String asked(String role) {
        return asked(client, role);
    }

    private Map<String, String> given(Duration left, String... roles) {
        number++;
        Map<String, String> answer = empty();
        for (String role : roles.length == 0 ? new String[] {"hub", "partner", "sink"} : roles) {
            RoleSession session = new RoleSession("DRIVER-" + role + "-" + number, "planted-secret", "planted-token", Instant.EPOCH);
            Messages.putOffer(answer, role, new Offer(session, left.toMillis(), left.toMillis() / 2));
        }
        return answer;
    }

    private static Map<String, String> empty() {
        return new HashMap<>(Map.of("v", "1", "plan", PLAN.id()));
    }

    private static Map<String, String> waiting(long millis) {
        Map<String, String> answer = empty();
        PLAN.roles().keySet().forEach(role -> Messages.putWait(answer, role, millis));
        return answer;
    }

    private void silent() {
        driver = question -> {
            time.sleep(Duration.ofSeconds(10));
            throw new IllegalStateException("nothing came within 10 s");
        };
    }

    private void refusing(String problem) {
        driver = question -> Messages.refused(Messages.Refusal.CHANNEL, problem);
    }

    @Test
    void saysWhereSessionsComeFromAndWhy() {
        assertEquals("the driver, which has not answered yet", client.origin());
        asked("partner");
        assertEquals("the driver", client.origin());
    }

    @Test
    void saysWhyTheyComeFromSts() {
        refusing("Spark's RPC is not authenticated");
        asked("partner");

        assertEquals("STS with this executor's own identity, because Spark's RPC is not authenticated", client.origin());
    }

    @Test
    void aDriverThatAnswersIsDecidedForOnceAndSaidOnce() {
        assertEquals("the driver", client.name());
        assertEquals("DRIVER-partner-1", asked("partner"));
        assertEquals("DRIVER-sink-1", asked("sink"));
        time.sleep(Duration.ofMinutes(3));
        assertEquals("DRIVER-partner-2", asked("partner"));

        assertEquals(List.of(FROM_DRIVER), said);
        assertEquals(2, questions);
        assertEquals(List.of(), sts.calls);
    }

    @Test
    void whatIsLeftOfASessionCountsFromTheQuestion() {
        driver = question -> {
            time.sleep(Duration.ofSeconds(4));
            return given(Duration.ofMinutes(30));
        };
        RoleSession session = client.assume(PLAN.role("partner"), 2, 2, null);

        assertEquals("2027-01-15T08:30:00Z", session.expiration().toString());
        time.sleep(Duration.ofMinutes(1));
        assertEquals("2027-01-15T08:30:00Z", client.assume(PLAN.role("sink"), 1, 1, null).expiration().toString());
        assertEquals(1, questions);
    }

    @Test
    void theQuestionNamesThePlanAndAllItsRoles() {
        List<Map<String, String>> asked = new ArrayList<>();
        driver = question -> {
            asked.add(question);
            return given(Duration.ofHours(1));
        };
        asked("sink");

        assertEquals(List.of(Map.of("v", "1", "plan", PLAN.id(), "roles", "hub,partner,sink")), asked);
    }

    @Test
    void newsIsTakenByOtherRolesForTwoMinutes() {
        asked("partner");
        time.sleep(Duration.ofMinutes(2));
        assertEquals("DRIVER-sink-1", asked("sink"));
        time.sleep(Duration.ofMillis(1));

        assertEquals("DRIVER-hub-2", asked("hub"));
    }

    @Test
    void newsIsTakenOnlyWhileItServes() {
        driver = question -> given(Duration.ofSeconds(30));
        asked("partner");
        time.sleep(Duration.ofSeconds(29));

        assertEquals("DRIVER-sink-2", asked("sink"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"executors ask STS themselves: Spark's RPC is not authenticated", "the driver runs under plan 0123456789ab", "denied"})
    void aRefusalIsDecidedForStsAtOnce(String problem) {
        refusing(problem);

        assertEquals("ASIA-partner-1", asked("partner"));
        assertEquals("ASIA-sink-2", asked("sink"));
        assertEquals(List.of(FROM_STS + problem), said);
        assertEquals("STS", client.name());
        driver = question -> given(Duration.ofHours(1));
        time.sleep(Duration.ofHours(2));
        assertTrue(asked("partner").startsWith("ASIA-partner-"));
        assertEquals(1, questions);
    }

    @Test
    void anAnswerOfAnotherKindIsARefusal() {
        driver = question -> Map.of("v", "2");

        assertEquals("ASIA-partner-1", asked("partner"));
        assertEquals(List.of(FROM_STS + "its answer cannot be read"), said);
    }

    @Test
    void aDriverThatIsSilentTwiceAtFirstIsDecidedForSts() {
        silent();

        assertEquals(SILENT, asked("partner"));
        assertEquals(List.of(), said);
        assertEquals("ASIA-partner-1", asked("partner"));
        assertEquals(List.of(FROM_STS + "the driver did not answer: nothing came within 10 s"), said);
        assertEquals(2, questions);
    }

    @Test
    void aDriverThatIsSilentOnceAtFirstIsAskedAgain() {
        silent();
        assertEquals(SILENT, asked("partner"));
        driver = question -> given(Duration.ofHours(1));

        assertEquals("DRIVER-partner-1", asked("partner"));
        silent();
        time.sleep(Duration.ofMinutes(20));
        assertEquals(SILENT, asked("partner"));
        assertEquals(SILENT, asked("partner"));
        assertEquals(SILENT, asked("partner"));
        assertEquals(List.of(FROM_DRIVER), said);
        assertEquals(List.of(), sts.calls);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, 1})
    void aLaterSilenceMeansStsOnlyNearTheEndAndForEachExecutorAtItsOwnTime(double share) {
        BrokerClient client = client(share);
        asked(client, "partner");
        driver = question -> {
            throw new IllegalStateException("gone");
        };
        Duration before = Duration.ofSeconds((long) (150 + 150 * share));
        time.sleep(Duration.ofHours(1).minus(before).minusSeconds(1));
        assertEquals("UNREACHABLE: role partner: the driver did not answer: gone", asked(client, "partner"));
        assertEquals(List.of(), sts.calls);
        time.sleep(Duration.ofSeconds(1));

        assertEquals("ASIA-partner-1", asked(client, "partner"));
        assertEquals("the driver", client.name());
    }

    @Test
    void aWallClockThatIsSetBackDoesNotPutOffTheEnd() {
        VirtualWall wall = new VirtualWall(time);
        BrokerClient client = new BrokerClient(PLAN, question -> driver.apply(question), sts,
            source -> new RoleSessions(PLAN, source, new RefreshPolicy(() -> 0), time, time.another(), said::add), wall, () -> 0, said::add);
        asked(client, "partner");
        silent();
        wall.behind = Duration.ofHours(5).toMillis();
        time.sleep(Duration.ofMinutes(59));

        assertEquals("ASIA-partner-1", asked(client, "partner"));
    }

    @Test
    void aSilentDriverAndNoSessionAtAllMeansSts() {
        driver = question -> given(Duration.ofHours(1), "hub");
        asked("hub");
        silent();

        assertEquals("ASIA-partner-1", asked("partner"));
        assertEquals(List.of(FROM_DRIVER), said);
    }

    @Test
    void aDriverThatComesBackIsAskedAgainAndStsNoMore() {
        driver = question -> given(Duration.ofHours(1), "hub");
        asked("hub");
        silent();
        asked("partner");
        driver = question -> given(Duration.ofHours(1));

        assertEquals("DRIVER-partner-2", asked("partner"));
        int calls = sts.calls.size();
        time.sleep(Duration.ofHours(3));
        assertEquals(calls, sts.calls.size());
        silent();
        assertTrue(asked("partner").startsWith("ASIA-partner-"));
        assertEquals(2, direct.size());
    }

    @Test
    void aLaterRefusalKeepsTheSession() {
        asked("partner");
        refusing("the driver's plugin has not started or is shut down");
        time.sleep(Duration.ofMinutes(30));

        assertEquals("UNREACHABLE: role partner: the driver answers no longer: the driver's plugin has not started or is shut down",
            asked("partner"));
        time.sleep(Duration.ofMinutes(29));
        assertEquals("ASIA-partner-1", asked("partner"));
    }

    @Test
    void waitsTwiceAsLongEachTimeUpToFiveSeconds() {
        List<Long> at = new ArrayList<>();
        driver = question -> {
            at.add(time.elapsed().toMillis());
            return at.size() < 9 ? waiting(250) : given(Duration.ofHours(1));
        };

        assertEquals("UNREACHABLE: role partner: the driver has no session yet", asked("partner"));
        assertEquals("DRIVER-partner-1", asked("partner"));
        assertEquals(List.of(0L, 250L, 750L, 1_750L, 3_750L, 7_750L, 12_750L, 17_750L, 22_750L), at);
        driver = question -> time.elapsed().compareTo(Duration.ofMinutes(10)) < 0 ? waiting(250) : given(Duration.ofHours(1));
        time.sleep(Duration.ofMinutes(10).minusMillis(200).minus(time.elapsed()));
        assertEquals("DRIVER-partner-2", asked("partner"));
        assertEquals(Duration.ofMinutes(10).plusMillis(50), time.elapsed());
    }

    @Test
    void executorsWaitForDifferentTimes() {
        driver = question -> time.elapsed().isZero() ? waiting(4_000) : given(Duration.ofHours(1));

        assertEquals("DRIVER-partner-1", asked(client(1), "partner"));
        assertEquals(Duration.ofSeconds(5), time.elapsed());
    }

    @Test
    void rolesThatWaitAtTheSameTimeShareTheirQuestions() {
        driver = question -> waiting(250);
        for (String role : PLAN.roles().keySet()) {
            time.spawn(() -> asked(role));
            time.sleep(Duration.ofMillis(70));
        }
        time.sleep(Duration.ofSeconds(20));

        assertEquals(8, questions);
    }

    @Test
    void aRefusedSessionIsToldAtOnceAlthoughOthersWait() {
        driver = question -> question.containsKey(Messages.DEAD_FIELD) ? given(Duration.ofHours(1)) : waiting(5_000);
        time.spawn(() -> asked("hub"));
        time.sleep(Duration.ofMillis(10));
        client.refused(PLAN.role("partner"), RefusedKey.dead("DRIVER-partner-0"));

        assertEquals("DRIVER-partner-1", asked("partner"));
        assertEquals(Duration.ofMillis(10), time.elapsed());
    }

    @Test
    void waitsForTwentySecondsAtMost() {
        driver = question -> waiting(3_000);

        assertEquals("UNREACHABLE: role partner: the driver has no session yet", asked("partner"));
        assertEquals(Duration.ofSeconds(16), time.elapsed());
        assertEquals(6, questions);
    }

    @Test
    void waitsAndThenTellsWhatTheDriverWaitsFor() {
        driver = question -> {
            Map<String, String> answer = waiting(5_000);
            Messages.putFailure(answer, "partner", Failure.unanswered("partner", "STS is down"), time.millis());
            return answer;
        };

        assertEquals("UNREACHABLE: role partner: STS is down", asked("partner"));
        assertEquals(Duration.ofSeconds(20), time.elapsed());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -5})
    void aWaitOfNothingIsNoStorm(long millis) {
        driver = question -> waiting(millis);

        asked("partner");
        assertTrue(questions <= 401, questions + " questions");
    }

    @Test
    void aSessionThatIsAboutToEndIsNotTaken() {
        driver = question -> time.elapsed().compareTo(Duration.ofSeconds(1)) < 0 ? given(Duration.ofMillis(900)) : given(Duration.ofHours(1));

        assertEquals("DRIVER-partner-4", asked("partner"));
    }

    @Test
    void aDenialIsTheDrivers() {
        driver = question -> {
            Map<String, String> answer = empty();
            Messages.putFailure(answer, "partner", Failure.baseMissing("no credentials", "run the driver with some"), time.millis());
            return answer;
        };

        assertEquals("BASE_MISSING: no credentials; run the driver with some", asked("partner"));
        assertEquals("UNREACHABLE: role sink: the driver's answer says nothing of role sink", asked("sink"));
        assertEquals(List.of(), sts.calls);
    }

    @Test
    void anAnswerThatIsDamagedIsNone() {
        driver = question -> {
            Map<String, String> answer = given(Duration.ofHours(1));
            answer.remove("sink/session.leftMillis");
            return answer;
        };

        assertEquals("UNREACHABLE: role partner: the driver did not answer: the answer has no session.leftMillis of role sink", asked("partner"));
    }

    @Test
    void noIdentityOfItsOwnAndASilentDriverAreBothTold() {
        sts.base = FakeSts.Answer.DENY;
        silent();
        asked("partner");

        assertEquals(SILENT + "; STS: " + NO_IDENTITY, asked("partner").replaceAll("; retry after .*", ""));
        driver = question -> given(Duration.ofHours(1));
        assertEquals("DRIVER-partner-1", asked("partner"));
        assertEquals(List.of(FROM_STS + "the driver did not answer: nothing came within 10 s", FROM_DRIVER), said);
    }

    @Test
    void noIdentityOfItsOwnAndADriverThatFallsSilentAreBothTold() {
        sts.base = FakeSts.Answer.DENY;
        asked("partner");
        silent();
        time.sleep(Duration.ofMinutes(58));

        assertEquals(SILENT + "; STS: " + NO_IDENTITY, asked("partner").replaceAll("; retry after .*", ""));
    }

    @Test
    void noIdentityOfItsOwnAndADriverThatRefusesIsFinal() {
        sts.base = FakeSts.Answer.DENY;
        refusing("denied");

        assertEquals("BASE_MISSING: " + NO_IDENTITY, asked("partner").replaceAll("; retry after .*", ""));
        assertEquals("STS", client.name());
    }

    @Test
    void theBaseIdentityIsTheExecutorsOwn() {
        assertEquals("AKIA-base-0", client.base().accessKeyId());
        client.forgetBase();
        assertEquals("AKIA-base-1", client.base().accessKeyId());
        assertEquals(0, questions);
        assertTrue(client.givesWholeChains());
    }

    @Test
    void itsEndEndsWhatAskedSts() throws Exception {
        refusing("denied");
        asked("partner");
        client.close();
        int calls = sts.calls.size();
        time.sleep(Duration.ofHours(3));

        assertEquals(calls, sts.calls.size());
    }

    @Test
    void aLogThatThrowsChangesNothing() {
        BrokerClient client = new BrokerClient(PLAN, question -> given(Duration.ofHours(1)), sts, source -> null, time, () -> 0, text -> {
            throw new IllegalStateException("no log");
        });

        assertEquals("DRIVER-partner-1", asked(client, "partner"));
    }

    @Test
    void aDefectOfTheLineIsSaidToAllThatWait() {
        driver = question -> {
            throw new NullPointerException();
        };
        assertEquals("UNREACHABLE: role partner: the driver did not answer: java.lang.NullPointerException", asked("partner"));

        List<String> outcomes = new ArrayList<>();
        driver = question -> {
            time.sleep(Duration.ofSeconds(1));
            throw new OutOfMemoryError("planted");
        };
        time.spawn(() -> {
            try {
                outcomes.add(asked("sink"));
            } catch (OutOfMemoryError planted) {
                outcomes.add(planted.getMessage());
            }
        });
        time.sleep(Duration.ofMillis(1));
        time.spawn(() -> outcomes.add(asked("partner")));
        time.sleep(Duration.ofSeconds(2));
        assertEquals(List.of("planted", "UNREACHABLE: role partner: the driver could not be asked"), outcomes);
    }

    @Test
    void whoComesWhileAQuestionIsUnderWayTakesItsAnswer() {
        driver = question -> {
            Map<String, String> answer = given(Duration.ofHours(1));
            time.sleep(Duration.ofSeconds(5));
            return answer;
        };
        List<String> keys = new ArrayList<>();
        for (String role : PLAN.roles().keySet()) {
            time.spawn(() -> keys.add(asked(role)));
            time.sleep(Duration.ofSeconds(1));
        }
        time.sleep(Duration.ofSeconds(10));

        assertEquals(List.of("DRIVER-hub-1", "DRIVER-partner-1", "DRIVER-sink-1"), keys.stream().sorted().toList());
        assertEquals(1, questions);
    }

    @Test
    void oneQuestionForAllRolesUnderTwentyThreads() throws Exception {
        String[] roles = new String[20];
        for (int role = 0; role < roles.length; role++) {
            roles[role] = "r" + role;
        }
        Plan plan = Plans.of(roles);
        for (int round = 0; round < 50; round++) {
            AtomicInteger asked = new AtomicInteger();
            BrokerClient client = new BrokerClient(plan, question -> {
                asked.incrementAndGet();
                Map<String, String> answer = new HashMap<>(Map.of("v", "1"));
                for (String role : roles) {
                    Messages.putOffer(answer, role, new Offer(new RoleSession("DRIVER-" + role, "s", "t", Instant.EPOCH), 60_000, 30_000));
                }
                return answer;
            }, sts, source -> null, Clock.system(), () -> 0, text -> { });
            assertEquals(List.of(roles).stream().map(role -> "DRIVER-" + role).toList(), together(plan, client));
            assertEquals(1, asked.get());
        }
    }

    private static List<String> together(Plan plan, BrokerClient client) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(plan.roles().size());
        try {
            CountDownLatch go = new CountDownLatch(1);
            List<Future<String>> keys = new ArrayList<>();
            for (Plan.Role role : plan.roles().values()) {
                keys.add(threads.submit(() -> {
                    go.await();
                    return client.assume(role, 1, 1, null).accessKeyId();
                }));
            }
            go.countDown();
            List<String> got = new ArrayList<>();
            for (Future<String> key : keys) {
                got.add(key.get());
            }
            return got;
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void noSecretIsInAnyText() {
        asked("partner");

        assertNotEquals(0, questions);
        assertNull(said.stream().filter(text -> text.contains("planted")).findAny().orElse(null));
        assertTrue(!client.toString().contains("planted"), client.toString());
    }

    /** The day of this clock can be set back. */
    private static final class VirtualWall implements Clock {
        private final VirtualTime time;
        private long behind;

        VirtualWall(VirtualTime time) {
            this.time = time;
        }

        @Override
        public long nanos() {
            return time.nanos();
        }

        @Override
        public long millis() {
            return time.millis() - behind;
        }

        @Override
        public void await(CompletableFuture<?> event, long nanos) throws InterruptedException {
            time.await(event, nanos);
        }
    }
}

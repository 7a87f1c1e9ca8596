package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Count;
import io.sparkxacct.session.Counters;
import io.sparkxacct.session.FakeSts;
import io.sparkxacct.session.Forced;
import io.sparkxacct.session.Plans;
import io.sparkxacct.session.RefreshPolicy;
import io.sparkxacct.session.RefusedKey;
import io.sparkxacct.session.RoleSessions;
import io.sparkxacct.session.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BrokerTest {
    private static final String PARTNER_HOP = "hop 2 of 2 (arn:aws:iam::444455556666:role/partner)";

    private final VirtualTime time = new VirtualTime(1, Integer.MAX_VALUE);
    private final FakeSts sts = new FakeSts(time);
    private final Plan plan = Plans.of("hub", "partner<hub");
    private final RoleSessions sessions = new RoleSessions(plan, sts, new RefreshPolicy(() -> 0), time, time, text -> { });
    private final Counters counters = new Counters();
    private final ExecutorTally executors = new ExecutorTally();
    private final List<Plan> askedOf = new ArrayList<>();
    private Plan inForce = plan;
    private final Broker broker = new Broker(() -> inForce, (of, role) -> {
        askedOf.add(of);
        return sessions.offer(role);
    }, (of, role, refused) -> {
        assertSame(plan, of);
        return sessions.forceRefresh(role, refused) != Forced.NOT_NOW;
    }, counters, executors);

    @AfterEach
    void end() {
        time.end();
    }

    @Test
    void anEarlyQuestionIsToldWhenToComeAgainAndStartsTheFetch() {
        assertEquals(Map.of("v", "1", "plan", plan.id(), "partner/waitMillis", "250"), ask("partner"));
        assertEquals(Duration.ZERO, time.elapsed());
        time.sleep(Duration.ofMillis(250));

        assertEquals(Map.of("v", "1", "plan", plan.id(), "partner/session.accessKeyId", "ASIA-partner-1",
            "partner/session.secretAccessKey", "planted-secret-key-partner-1", "partner/session.sessionToken", "planted-secret-token-partner-1",
            "partner/session.leftMillis", "3599850", "partner/session.renewalMillis", "1799850"), ask("partner"));
        assertEquals(2, sts.calls.size());
    }

    @Test
    void allRolesOfAQuestionAreAnsweredTogether() {
        ask("hub,partner");
        time.sleep(Duration.ofSeconds(1));

        Map<String, String> answer = ask("hub,partner");
        assertEquals("ASIA-hub-0 ASIA-partner-1", answer.get("hub/session.accessKeyId") + " " + answer.get("partner/session.accessKeyId"));
    }

    @Test
    void rolesThatThePlanDoesNotNameAreNotAnswered() {
        for (String roles : List.of("stranger", "", ",", "arn:aws:iam::444455556666:role/partner", "@base", "PARTNER")) {
            assertEquals(Map.of("v", "1", "plan", plan.id()), ask(roles));
        }
        assertEquals(Map.of("v", "1", "plan", plan.id()), broker.answer(Map.of("v", "1", "plan", plan.id()), time));
        time.sleep(Duration.ofSeconds(1));
        assertEquals(0, sts.calls.size());
    }

    @Test
    void whatIsAnsweredAndHandedOnIsCountedAndSoIsWhatTheExecutorCounts() {
        ask("partner");
        time.sleep(Duration.ofSeconds(1));
        Map<String, String> question = new HashMap<>(Messages.question(plan.id(), List.of("hub", "partner")));
        Messages.putCounts(question, "1", 7, Map.of("fetches", 3L));

        broker.answer(question, time);
        assertEquals("2 asks, 2 served", counters.get(Count.ASKS) + " asks, " + counters.get(Count.SERVED) + " served");
        assertEquals(3, executors.sum(Count.FETCHES));
    }

    @Test
    void anotherPlanIsRefused() {
        Plan other = Plans.of("hub", "partner");
        String problem = "the driver runs under plan " + plan.id();

        assertEquals(Map.of("v", "1", "refused", "QUESTION", "problem", problem), broker.answer(Messages.question(other.id(), List.of("partner")), time));
        assertEquals(Map.of("v", "1", "refused", "QUESTION", "problem", problem), broker.answer(Map.of("v", "1", "roles", "partner"), time));
        assertEquals(List.of(), askedOf);
        assertEquals(0, counters.get(Count.ASKS));
    }

    @Test
    void withoutAPlanEverythingIsRefused() {
        inForce = null;

        assertEquals(Map.of("v", "1", "refused", "QUESTION", "problem", "no plan is in force in the driver"), ask("partner"));
    }

    @Test
    void aRoleIsOfThePlanThatWasCompared() {
        Plan other = Plans.of("hub", "partner");
        List<Plan> plans = new ArrayList<>(List.of(plan, other));
        Broker changing = new Broker(() -> plans.remove(0), (of, role) -> {
            assertSame(plan, of);
            return sessions.offer(role);
        }, (of, role, refused) -> false, counters, executors);

        changing.answer(Messages.question(plan.id(), List.of("hub", "partner")), time);
        assertEquals(List.of(other), plans);
    }

    @Test
    void aSessionThatAnExecutorWasRefusedWithIsReplacedAndNotGivenAgain() {
        ask("partner");
        time.sleep(Duration.ofSeconds(1));

        assertEquals(Map.of("v", "1", "plan", plan.id(), "partner/waitMillis", "250"), askRefused("ASIA-partner-1"));
        assertEquals(Map.of("v", "1", "plan", plan.id(), "partner/waitMillis", "250"), askRefused("ASIA-partner-1"));
        time.sleep(Duration.ofSeconds(1));
        assertEquals("ASIA-partner-2", askRefused("ASIA-partner-1").get("partner/session.accessKeyId"));
        assertEquals(3, sts.calls.size());
        assertEquals("4 asks, 1 served", counters.get(Count.ASKS) + " asks, " + counters.get(Count.SERVED) + " served");
    }

    @Test
    void aSessionThatMayNotBeReplacedYetIsGivenAgain() {
        ask("partner");
        time.sleep(Duration.ofSeconds(1));
        askRefused("ASIA-partner-1");
        time.sleep(Duration.ofSeconds(1));

        assertEquals("ASIA-partner-2", askRefused("ASIA-partner-2").get("partner/session.accessKeyId"));
        time.sleep(Duration.ofMinutes(1));
        assertEquals("250", askRefused("ASIA-partner-2").get("partner/waitMillis"));
    }

    @Test
    void aRefusedKeyThatIsNotTheDriversAndFieldsNobodyKnowsChangeNothing() {
        ask("partner");
        time.sleep(Duration.ofSeconds(1));
        Map<String, String> question = new HashMap<>(Messages.question(plan.id(), List.of("partner")));
        question.put("deadKeys", "hub=ASIA-hub-0,partner=ASIA-older");
        question.put("of a later jar", "1");

        assertEquals("ASIA-partner-1", broker.answer(question, time).get("partner/session.accessKeyId"));
        assertEquals(2, sts.calls.size());
    }

    private Map<String, String> askRefused(String key) {
        Map<String, String> question = new HashMap<>(Messages.question(plan.id(), List.of("partner")));
        Messages.putRefused(question, "partner", RefusedKey.dead(key));
        return broker.answer(question, time);
    }

    @Test
    void aDenialIsTold() {
        sts.answer("partner", FakeSts.Answer.DENY);
        ask("partner");
        time.sleep(Duration.ofSeconds(1));

        Map<String, String> answer = ask("partner");
        assertEquals("role partner: " + PARTNER_HOP + " refused by STS: AccessDenied; account 444455556666 must let"
            + " arn:aws:iam::111122223333:role/hub assume it (trust policy), or account 111122223333 must allow sts:AssumeRole on it;"
            + " retry after 08:00:30 UTC", Messages.failure(answer, "partner", time.millis()).firstLine(null));
        assertNull(Messages.waitMillis(answer, "partner"));
        assertNull(Messages.session(answer, "partner", 0));
    }

    @Test
    void whatPassesIsToldWithTheTimeOfTheNextAttempt() {
        sts.answer("partner", FakeSts.Answer.THROTTLE);
        ask("partner");
        time.sleep(Duration.ofMillis(700));

        Map<String, String> answer = ask("partner");
        assertEquals("role partner: " + PARTNER_HOP + ": STS throttled (Throttling) after 1 attempt; retry after 08:00:01 UTC",
            Messages.failure(answer, "partner", time.millis()).firstLine(null));
        assertEquals(500, Messages.waitMillis(answer, "partner"));
    }

    @Test
    void nobodyIsSentAwayForLongerThanFiveSeconds() {
        RoleSessions slow = new RoleSessions(plan, sts, new RefreshPolicy(() -> 0.999), time, time, text -> { });
        Broker broker = new Broker(() -> plan, (of, role) -> slow.offer(role), (of, role, refused) -> false, counters, executors);
        sts.answer("hub", FakeSts.Answer.DOWN);
        broker.answer(Messages.question(plan.id(), List.of("hub")), time);
        time.sleep(Duration.ofSeconds(40));

        long wait = Messages.waitMillis(broker.answer(Messages.question(plan.id(), List.of("hub")), time), "hub");
        assertTrue(wait >= 250 && wait <= 5_000, wait + " ms");
    }

    @Test
    void anStsThatNeverAnswersHoldsNobodyUp() {
        sts.latency = Duration.ofDays(1);
        for (int minute = 0; minute < 60; minute++) {
            Duration before = time.elapsed();
            assertEquals(Map.of("v", "1", "plan", plan.id(), "hub/waitMillis", "250", "partner/waitMillis", "250"), ask("hub,partner"));
            assertEquals(before, time.elapsed());
            time.sleep(Duration.ofMinutes(1));
        }
        assertEquals(1, sts.calls.size());
    }

    private Map<String, String> ask(String roles) {
        Map<String, String> question = new HashMap<>(Messages.question(plan.id(), List.of()));
        question.put(Messages.ROLES_FIELD, roles);
        return broker.answer(question, time);
    }
}

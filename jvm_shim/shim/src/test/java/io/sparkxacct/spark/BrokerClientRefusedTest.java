package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sparkxacct.plan.Plan;
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
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a session that the driver gave and that S3 refuses to an executor. Both sides are those of a real application. */
class BrokerClientRefusedTest {
    private static final Plan PLAN = Plans.of("hub", "partner<hub");
    private static final Duration SOON = Duration.ofSeconds(1);

    private final VirtualTime time = new VirtualTime(1, Integer.MAX_VALUE);
    private final FakeSts sts = new FakeSts(time);
    private final FakeSts byExecutors = new FakeSts(time);
    private final RoleSessions driver = new RoleSessions(PLAN, sts, new RefreshPolicy(() -> 0), time, time, text -> { });
    private final Broker broker = new Broker(() -> PLAN, (of, role) -> driver.offer(role),
        (of, role, refused) -> driver.forceRefresh(role, refused) != Forced.NOT_NOW, new Counters(), new ExecutorTally());
    private final List<Map<String, String>> questions = new ArrayList<>();
    private boolean silent;
    private boolean refusing;
    private Duration slowness = Duration.ofMillis(1);
    private final RoleSessions executor = executor();

    @AfterEach
    void end() {
        time.end();
    }

    private RoleSessions executor() {
        BrokerClient client = new BrokerClient(PLAN, this::ask, byExecutors,
            source -> new RoleSessions(PLAN, source, new RefreshPolicy(() -> 0), time, time.another(), text -> { }), time, () -> 0, text -> { });
        return new RoleSessions(PLAN, client, new RefreshPolicy(() -> 0), time, time.another(), text -> { });
    }

    private Map<String, String> ask(Map<String, String> question) {
        questions.add(new HashMap<>(question));
        Map<String, String> answer = refusing ? Messages.refused(Messages.Refusal.CHANNEL, "it is open") : broker.answer(question, time);
        time.sleep(slowness);
        if (silent) {
            throw new IllegalStateException("gone");
        }
        return answer;
    }

    private static String key(RoleSessions sessions, String role) {
        return sessions.get(role).accessKeyId();
    }

    private Forced refuse(RoleSessions sessions, String role) {
        return sessions.forceRefresh(role, RefusedKey.dead(key(sessions, role)));
    }

    @Test
    void theDriverReplacesItAndTheExecutorHasTheNewOneWithinASecond() {
        assertEquals("ASIA-partner-1", key(executor, "partner"));
        assertEquals(Forced.STARTED, refuse(executor, "partner"));
        assertEquals("ASIA-partner-1", key(executor, "partner"));
        time.sleep(SOON);

        assertEquals("ASIA-partner-2", key(executor, "partner"));
        assertEquals("ASIA-partner-2", key(driver, "partner"));
        assertEquals(2, sts.count("partner"));
        assertEquals("partner=ASIA-partner-1", questions.get(questions.size() - 1).get("deadKeys"));
        assertEquals(0, byExecutors.calls.size());
    }

    @Test
    void whatWasReplacedIsNamedInNoLaterQuestion() {
        key(executor, "partner");
        refuse(executor, "partner");
        time.sleep(Duration.ofMinutes(45));

        assertEquals(null, questions.get(questions.size() - 1).get("deadKeys"));
    }

    @Test
    void aDriverThatHasANewerOneGivesItAtOnce() {
        key(executor, "partner");
        refuse(driver, "partner");
        time.sleep(SOON);
        int asked = questions.size();
        refuse(executor, "partner");
        time.sleep(Duration.ofMillis(10));

        assertEquals("ASIA-partner-2", key(executor, "partner"));
        assertEquals(asked + 1, questions.size());
    }

    @Test
    void whereTheDriverMayNotReplaceItYetTheExecutorKeepsItAndAsksAgainAtTheNextRefusal() {
        key(driver, "partner");
        refuse(driver, "partner");
        time.sleep(SOON);
        assertEquals("ASIA-partner-2", key(executor, "partner"));
        refuse(executor, "partner");
        time.sleep(Duration.ofSeconds(5));
        assertEquals("ASIA-partner-2", key(executor, "partner"));
        time.sleep(Duration.ofMinutes(1));
        assertEquals(Forced.STARTED, refuse(executor, "partner"));
        time.sleep(SOON);

        assertEquals("ASIA-partner-3", key(executor, "partner"));
    }

    @Test
    void anAnswerToAQuestionThatDidNotNameItIsNotTaken() {
        key(executor, "partner");
        slowness = Duration.ofSeconds(2);
        time.sleep(Duration.ofMinutes(10));
        time.spawn(() -> key(executor, "hub"));
        time.sleep(Duration.ofMillis(500));
        refuse(executor, "partner");
        time.sleep(Duration.ofSeconds(8));

        assertEquals("null null null partner=ASIA-partner-1", questions.stream().limit(4).map(question -> String.valueOf(question.get("deadKeys")))
            .collect(Collectors.joining(" ")));
        assertEquals("ASIA-partner-2", key(executor, "partner"));
    }

    @Test
    void aDriverThatIsSilentIsToldWhenItIsBack() {
        key(executor, "partner");
        silent = true;
        refuse(executor, "partner");
        time.sleep(Duration.ofMinutes(2));
        assertEquals("ASIA-partner-1", key(executor, "partner"));
        silent = false;
        time.sleep(Duration.ofMinutes(2));

        assertEquals("ASIA-partner-2", key(executor, "partner"));
        assertEquals(0, byExecutors.calls.size());
    }

    @Test
    void anExecutorThatAsksStsItselfReplacesItsOwn() {
        refusing = true;
        assertEquals("ASIA-partner-1", key(executor, "partner"));
        refuse(executor, "partner");
        time.sleep(SOON);

        assertEquals("ASIA-partner-2", key(executor, "partner"));
        assertEquals(0, sts.calls.size());
    }

    @Test
    void doubtsOfManyExecutorsCostOneFetchAnHour() {
        for (int number = 0; number < 10; number++) {
            RoleSessions another = executor();
            assertEquals(Forced.STARTED, another.forceRefresh("partner", RefusedKey.doubted(key(another, "partner"))));
            time.sleep(Duration.ofMinutes(2));
        }

        assertEquals("partner=ASIA-partner-2", questions.get(questions.size() - 1).get("doubtedKeys"));
        assertEquals(2, sts.count("partner"));
    }
}

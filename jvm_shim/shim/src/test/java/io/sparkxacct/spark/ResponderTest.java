package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Counters;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.Offer;
import io.sparkxacct.session.Plans;
import io.sparkxacct.session.RoleSession;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ResponderTest {
    private static final Plan PLAN = Plans.of("partner");
    private static final Offer OFFER = new Offer(new RoleSession("ASIA1", "planted-secret", "planted-token", Instant.EPOCH), 1_800_000, 60_000);
    private static final Map<String, String> QUESTION = Messages.question(PLAN.id(), List.of("partner"));
    private static final Map<String, String> GOOD = Map.of("v", "1", "plan", PLAN.id(), "partner/session.accessKeyId", "ASIA1",
        "partner/session.secretAccessKey", "planted-secret", "partner/session.sessionToken", "planted-token",
        "partner/session.leftMillis", "1800000", "partner/session.renewalMillis", "60000");
    private static final Map<String, String> DENIED = Map.of("v", "1", "refused", "QUESTION", "problem", "denied");
    private static final Channel PROTECTED = Channel.of(Channel.Kind.PROTECTED, "Spark's RPC is protected");
    private static final Channel SEALED = Channel.of(Channel.Kind.SEALED, "sealed");

    private final SetClock clock = new SetClock();
    private final byte[] key = Seal.newKey();
    private final Seal executor = new Seal(key, "run", clock);
    private final List<String> log = new ArrayList<>();
    private BiFunction<Plan, String, Offer> offers = (of, role) -> OFFER;

    @Test
    void aQuestionIsAnswered() {
        assertEquals(GOOD, respond(PROTECTED, QUESTION));
        assertEquals(GOOD, respond(Channel.of(Channel.Kind.UNPROTECTED_ON_PURPOSE, "on purpose"), QUESTION));
    }

    @Test
    void theAnswerIsOfTheJdkAndItsTextShowsNothing() {
        Object answer = responder(PROTECTED).respond(QUESTION);

        assertSame(String[].class, answer.getClass());
        assertFalse(String.valueOf(answer).contains("planted"));
    }

    @Test
    void aChannelThatIsClosedOrHasNoOtherEndCarriesNothing() {
        assertEquals(Map.of("v", "1", "refused", "CHANNEL", "problem", "executors ask STS themselves: Spark's RPC is not authenticated; with"
            + " spark.authenticate=true they get role sessions from the driver"),
            respond(Channel.none("Spark's RPC is not authenticated", "spark.authenticate=true"), QUESTION));
        assertEquals(Map.of("v", "1", "refused", "CHANNEL", "problem", "driver and executor are one JVM"),
            respond(Channel.of(Channel.Kind.LOCAL, "driver and executor are one JVM"), QUESTION));
    }

    static Stream<Arguments> foreign() {
        Map<Object, Object> numbers = new HashMap<>(QUESTION);
        numbers.put(1, 2);
        Map<Integer, String> sorted = new TreeMap<>(Map.of(1, "1"));
        Map<String, String> hostile = new AbstractMap<>() {
            @Override
            public Set<Entry<String, String>> entrySet() {
                throw new StackOverflowError();
            }
        };
        Map<String, String> newer = new HashMap<>(QUESTION);
        newer.put("v", "2");
        return Stream.of(null, "text", 1, new Object(), new String[] {"v", "1"}, List.of(QUESTION), Map.of(), numbers, sorted, hostile, newer)
            .map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void whatIsNoQuestionIsDenied(Object message) {
        assertEquals(DENIED, respond(PROTECTED, message));
        assertEquals(DENIED, respond(SEALED, message));
    }

    @Test
    void aSealedQuestionGetsASealedAnswer() throws Refused {
        Map<String, String> ask = executor.sealAsk(QUESTION);
        Map<String, String> answer = respond(SEALED, ask);

        assertEquals(Set.of("sealed", "iv"), answer.keySet());
        assertEquals(GOOD, executor.openAnswer(answer, ask.get("nonce")));
        assertEquals(List.of(), log);
    }

    @Test
    void whatIsWrongInsideASealIsToldUnderSeal() throws Refused {
        Map<String, String> ask = executor.sealAsk(Map.of("v", "2"));

        assertEquals(DENIED, executor.openAnswer(respond(SEALED, ask), ask.get("nonce")));
    }

    @Test
    void aRefusedAskLearnsNothingAndIsLoggedOnceAMinute() {
        Responder responder = responder(SEALED);
        Map<String, String> ask = executor.sealAsk(QUESTION);
        responder.respond(ask);
        String[] denied = Messages.packed(Messages.refused(Messages.Refusal.QUESTION, "denied"));

        assertArrayEquals(denied, responder.respond(ask));
        assertArrayEquals(denied, responder.respond(new Seal(Seal.newKey(), "run", clock).sealAsk(QUESTION)));
        assertArrayEquals(denied, responder.respond(new Seal(key, "another run", clock).sealAsk(QUESTION)));
        assertArrayEquals(denied, responder.respond(QUESTION));
        assertArrayEquals(denied, responder.respond("text"));
        assertEquals(List.of("spark-xacct: the broker refused 1 ask: 1 replayed"), log);
        clock.pass(Duration.ofSeconds(9));
        responder.end();
        assertEquals("spark-xacct: the broker refused 4 asks in the last 9 s: 2 malformed, 2 wrong key", log.get(1));
    }

    static Stream<Throwable> defects() {
        return Stream.of(new IllegalStateException("planted"), new NoClassDefFoundError("x/Y"), new StackOverflowError(), new AssertionError("planted"),
            new OutOfMemoryError("planted"));
    }

    @ParameterizedTest
    @MethodSource("defects")
    void nothingIsThrownWhateverBreaksInside(Throwable defect) {
        offers = (of, role) -> ResponderTest.<RuntimeException>raise(defect);

        assertEquals(DENIED, respond(PROTECTED, QUESTION));
        assertEquals(DENIED, respond(SEALED, executor.sealAsk(QUESTION)));
    }

    @Test
    void aLogThatThrowsChangesNothing() {
        Responder responder = new Responder(broker(), SEALED, new Seal(key, "run", clock), clock, text -> {
            throw new IllegalStateException("no log");
        });

        assertEquals(DENIED, Messages.unpacked(responder.respond(QUESTION)));
        responder.respond(QUESTION);
        responder.end();
    }

    @Test
    void aFailureIsAnAnswer() {
        offers = (of, role) -> {
            throw new FailureException(Failure.plan("no STS", null));
        };

        assertEquals(Map.of("v", "1", "plan", PLAN.id(), "partner/failure.kind", "PLAN", "partner/failure.problem", "no STS",
            "partner/failure.attempts", "0"), respond(PROTECTED, QUESTION));
        assertThrows(FailureException.class, () -> offers.apply(PLAN, "partner"));
    }

    private Map<String, String> respond(Channel channel, Object message) {
        return Messages.unpacked(responder(channel).respond(message));
    }

    private Responder responder(Channel channel) {
        return new Responder(broker(), channel, channel == SEALED ? new Seal(key, "run", clock) : null, clock, log::add);
    }

    private Broker broker() {
        return new Broker(() -> PLAN, (of, role) -> offers.apply(of, role), (of, role, refused) -> false, new Counters(), new ExecutorTally());
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> Offer raise(Throwable defect) throws T {
        throw (T) defect;
    }
}

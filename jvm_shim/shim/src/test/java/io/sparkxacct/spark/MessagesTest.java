package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.session.Count;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureFields;
import io.sparkxacct.session.Hop;
import io.sparkxacct.session.Offer;
import io.sparkxacct.session.RefusedKey;
import io.sparkxacct.session.RoleSession;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {
    private static final long NOW = 1_800_000_000_000L; // 2027-01-15T08:00:00Z
    private static final long HOUR_AHEAD = NOW + 3_600_000;
    private static final RoleSession SESSION = new RoleSession("ASIA1", "planted-secret", "planted-token", Instant.ofEpochMilli(NOW + 1_800_000));

    @Test
    void aQuestionNamesThePlanAndItsRoles() {
        assertEquals(Map.of("v", "1", "plan", "0123456789ab", "roles", "hub,partner"),
            Messages.question("0123456789ab", List.of("hub", "partner")));
    }

    @Test
    void whatAnExecutorCountedTravelsWithItsQuestion() {
        Map<String, String> question = new HashMap<>();
        Messages.putCounts(question, "3", NOW, Map.of("fetches", 7L, "asks", 2L));

        assertEquals(Map.of("executor", "3", "began", "1800000000000", "count.fetches", "7", "count.asks", "2"), question);
        Messages.Counted read = Messages.counts(question);
        assertEquals("3 1800000000000 {FETCHES=7, ASKS=2}", read.executor + " " + read.began + " " + read.counts);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1.5", "x", "", " 1", "10000000000000", "99999999999999999999", "\u0661"})
    void whatIsNoNumberOfOursIsLeftAside(String value) {
        Map<String, String> question = new HashMap<>();
        Messages.putCounts(question, "3", NOW, Map.of("fetches", 7L));
        question.put("count.asks", value);
        question.put("count.stranger", "1");
        assertEquals(Map.of(Count.FETCHES, 7L), Messages.counts(question).counts);

        question.put("began", value);
        assertNull(Messages.counts(question));
    }

    @Test
    void aQuestionThatDoesNotNameItsExecutorCountsNothing() {
        Map<String, String> question = new HashMap<>();
        Messages.putCounts(question, "3".repeat(65), NOW, Map.of("fetches", 7L));

        assertNull(Messages.counts(question));
        question.remove("executor");
        assertNull(Messages.counts(question));
        assertNull(Messages.counts(Messages.question("0123456789ab", List.of("hub"))));
    }

    @Test
    void aQuestionNamesWhatS3Refuses() {
        Map<String, String> question = new HashMap<>(Messages.question("0123456789ab", List.of("hub", "partner", "sink")));
        Messages.putRefused(question, "hub", RefusedKey.dead("ASIA1"));
        Messages.putRefused(question, "sink", RefusedKey.doubted("ASIA2"));
        Messages.putRefused(question, "partner", RefusedKey.dead("ASIA3"));

        assertEquals("hub=ASIA1,partner=ASIA3", question.get("deadKeys"));
        assertEquals("sink=ASIA2", question.get("doubtedKeys"));
        assertEquals("[ASIA1 (dead), ASIA3 (dead), ASIA2 (doubted), null]",
            Stream.of("hub", "partner", "sink", "part").map(role -> String.valueOf(Messages.refusedKey(question, role))).toList().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "partner", "=ASIA1", ",,hub=", "partners=ASIA1"})
    void whatCannotBeReadOfARefusalIsNone(String field) {
        assertNull(Messages.refusedKey(Map.of("deadKeys", field, "doubtedKeys", field), "partner"));
    }

    @Test
    void aRefusalSaysWhy() {
        assertEquals(Map.of("v", "1", "refused", "CHANNEL", "problem", "it is open"), Messages.refused(Messages.Refusal.CHANNEL, "it is open"));
    }

    @Test
    void aSessionTravelsWithWhatIsLeftOfIt() {
        Map<String, String> answer = new HashMap<>();
        Messages.putOffer(answer, "partner", new Offer(SESSION, 1_800_000, 60_000));

        assertEquals(Map.of("partner/session.accessKeyId", "ASIA1", "partner/session.secretAccessKey", "planted-secret",
            "partner/session.sessionToken", "planted-token", "partner/session.leftMillis", "1800000", "partner/session.renewalMillis", "60000"), answer);
        RoleSession read = Messages.session(answer, "partner", HOUR_AHEAD);
        assertEquals("ASIA1 planted-secret planted-token 2027-01-15T09:30:00Z",
            String.join(" ", read.accessKeyId(), read.secretAccessKey(), read.sessionToken(), read.expiration().toString()));
        assertNull(Messages.session(answer, "hub", HOUR_AHEAD));
        assertNull(Messages.failure(answer, "partner", HOUR_AHEAD));
        assertNull(Messages.waitMillis(answer, "partner"));
    }

    @Test
    void aFailureTravelsWithAllItsWords() {
        Failure failure = new Hop("partner", 2, 2, "arn:aws:iam::444455556666:role/partner").answered(400, "Throttling", "Rate exceeded", null, "sts");
        Map<String, String> answer = new HashMap<>();
        Messages.putFailure(answer, "partner", failure, NOW);
        Messages.putWait(answer, "partner", 250);

        assertEquals(failure.message("b"), Messages.failure(answer, "partner", HOUR_AHEAD).message("b"));
        assertEquals(FailureFields.of(failure, 0), FailureFields.of(Messages.failure(answer, "partner", HOUR_AHEAD), 0));
        assertEquals(250, Messages.waitMillis(answer, "partner"));
        assertNull(Messages.session(answer, "partner", HOUR_AHEAD));
        assertNull(Messages.failure(answer, "partne", HOUR_AHEAD));
    }

    @ParameterizedTest
    @CsvSource({
        "session.leftMillis, , the answer has no session.leftMillis of role partner",
        "session.renewalMillis, , the answer has no session.renewalMillis of role partner",
        "session.leftMillis, long, For input string: \"long\"",
    })
    void aSessionWithoutItsTimesCannotBeRead(String name, String value, String problem) {
        Map<String, String> answer = new HashMap<>();
        Messages.putOffer(answer, "partner", new Offer(SESSION, 1, 1));
        answer.put("partner/" + name, value);

        assertEquals(problem, assertThrows(IllegalArgumentException.class, () -> Messages.session(answer, "partner", NOW)).getMessage());
    }

    @Test
    void anAnswerOnItsWayShowsNothing() {
        Map<String, String> answer = new HashMap<>();
        Messages.putOffer(answer, "partner", new Offer(SESSION, 1, 1));

        String[] packed = Messages.packed(answer);

        assertEquals("[Ljava.lang.String;", String.valueOf((Object) packed).replaceAll("@.*", ""));
        assertEquals(10, packed.length);
        assertEquals(answer, Messages.unpacked(packed));
    }

    static Stream<Arguments> foreign() {
        Map<Object, Object> numbers = Map.of("v", 1);
        return Stream.of(null, "text", 1, List.of("v", "1"), numbers, Map.of(1, "1"), Map.of("v", "2"), Map.of("w", "1"), new Object[] {"v", "1"},
            new String[] {"v"}, new String[] {"v", "2"}).map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void whatIsNoneOfOursIsNull(Object message) {
        assertNull(Messages.read(message));
        Map<String, String> unpacked = Messages.unpacked(message);
        assertNull(unpacked == null ? null : Messages.read(unpacked));
    }

    @Test
    void aMessageIsCopied() {
        Map<String, String> question = new HashMap<>(Messages.question("0123456789ab", Arrays.asList("a")));
        Map<String, String> read = Messages.read(question);
        question.clear();

        assertEquals(Map.of("v", "1", "plan", "0123456789ab", "roles", "a"), read);
    }
}

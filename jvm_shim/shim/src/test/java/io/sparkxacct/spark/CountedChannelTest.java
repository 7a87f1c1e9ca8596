package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.session.Count;
import io.sparkxacct.session.Counters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CountedChannelTest {
    private static final Map<String, String> QUESTION = Messages.question("0123456789ab", List.of("partner"));
    private static final Map<String, String> ANSWER = Map.of("v", "1");

    private final Counters counters = new Counters();
    private final List<Map<String, String>> sent = new ArrayList<>();

    private Map<String, String> ask(String executor) {
        return new CountedChannel(question -> {
            sent.add(question);
            return ANSWER;
        }, executor, 5, counters).apply(QUESTION);
    }

    @Test
    void aQuestionSaysWhatIsCountedTheQuestionItselfIncluded() {
        counters.add(Count.FETCHES);
        assertSame(ANSWER, ask("3"));
        ask("3");

        Map<String, String> expected = new HashMap<>(QUESTION);
        expected.put("executor", "3");
        expected.put("began", "5");
        counters.toMap().forEach((word, count) -> expected.put("count." + word, "0"));
        expected.put("count.fetches", "1");
        expected.put("count.asks", "1");
        assertEquals(expected, sent.get(0));
        assertEquals("2", sent.get(1).get("count.asks"));
    }

    @Test
    void anExecutorWithoutANameSaysNothing() {
        ask(null);

        assertEquals(List.of(QUESTION), sent);
        assertEquals(1, counters.get(Count.ASKS));
    }

    @Test
    void aWayThatIsClosedStaysSo() {
        CountedChannel closed = new CountedChannel(question -> {
            throw new IllegalStateException("this executor is shut down");
        }, "3", 5, counters);

        assertEquals("this executor is shut down", assertThrows(IllegalStateException.class, () -> closed.apply(QUESTION)).getMessage());
    }
}

package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An executor takes nothing that is not sealed by its driver for this very question. */
class SealedLineTest {
    private static final byte[] KEY = Seal.newKey();
    private static final Map<String, String> QUESTION = Map.of("v", "1", "roles", "partner");
    private static final Map<String, String> ANSWER = Map.of("v", "1", "partner/waitMillis", "250");
    private static final SetClock CLOCK = new SetClock();
    private static final Seal DRIVER = new Seal(KEY, "run", CLOCK);

    private final Seal executor = new Seal(KEY, "run", CLOCK);

    @Test
    void nothingIsReadableOnTheWay() {
        List<Map<String, String>> sent = new ArrayList<>();
        SealedLine line = new SealedLine(ask -> {
            sent.add(ask);
            try {
                assertEquals(QUESTION, DRIVER.openAsk(ask));
            } catch (Refused wrong) {
                throw new AssertionError(wrong);
            }
            return DRIVER.sealAnswer(ANSWER, ask.get("nonce"));
        }, executor);

        assertEquals(ANSWER, line.apply(QUESTION));
        assertEquals(Set.of("sealed", "iv", "nonce", "time"), sent.get(0).keySet());
    }

    static Stream<UnaryOperator<Map<String, String>>> strangers() {
        return Stream.of(
            ask -> ANSWER,
            ask -> Messages.refused(Messages.Refusal.QUESTION, "denied"),
            ask -> ask,
            ask -> DRIVER.sealAnswer(ANSWER, "another nonce"),
            ask -> new Seal(Seal.newKey(), "run", CLOCK).sealAnswer(ANSWER, ask.get("nonce")),
            ask -> new Seal(KEY, "another run", CLOCK).sealAnswer(ANSWER, ask.get("nonce")),
            ask -> Map.of());
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void anythingElseIsNoAnswer(UnaryOperator<Map<String, String>> stranger) {
        SealedLine line = new SealedLine(stranger, executor);

        assertEquals("its answer is not sealed by it", assertThrows(IllegalStateException.class, () -> line.apply(QUESTION)).getMessage());
    }

    @Test
    void aSilenceIsToldAsItIs() {
        SealedLine line = new SealedLine(ask -> {
            throw new IllegalStateException("nothing came within 10 s");
        }, executor);

        assertEquals("nothing came within 10 s", assertThrows(IllegalStateException.class, () -> line.apply(QUESTION)).getMessage());
    }
}

package io.sparkxacct.spark;

import java.util.Map;
import java.util.function.Function;

/** A line to the driver on which both ends seal what they say. Throws as {@link DriverLine#ask}. Thread-safe. */
final class SealedLine implements Function<Map<String, String>, Map<String, String>> {
    private final Function<Map<String, String>, Map<String, String>> line;
    private final Seal seal;

    SealedLine(Function<Map<String, String>, Map<String, String>> line, Seal seal) {
        this.line = line;
        this.seal = seal;
    }

    @Override
    public Map<String, String> apply(Map<String, String> question) {
        Map<String, String> ask = seal.sealAsk(question);
        Map<String, String> answer = line.apply(ask);
        try {
            return seal.openAnswer(answer, ask.get(Seal.NONCE));
        } catch (Refused wrong) {
            // A driver that could not open the ask answers so too, as when the clocks are minutes apart; its log says why.
            throw new IllegalStateException("its answer is not sealed by it");
        }
    }
}

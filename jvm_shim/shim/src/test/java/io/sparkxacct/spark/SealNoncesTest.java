package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SealNoncesTest {
    private final SetClock clock = new SetClock();
    private final SeenNonces seen = new SeenNonces(clock, 3);

    @Test
    void aNonceIsKeptForAtLeastElevenMinutesAndAtMostTwentyTwo() throws Exception {
        clock.pass(Duration.ofMinutes(10));
        seen.add("late in its period");
        clock.pass(Duration.ofMinutes(11));
        assertRefused("replayed", "late in its period");
        clock.pass(Duration.ofMinutes(11));
        seen.add("late in its period");

        seen.add("early in its period");
        clock.pass(Duration.ofMinutes(11));
        assertRefused("replayed", "early in its period");
        clock.pass(Duration.ofMinutes(11));
        seen.add("early in its period");
    }

    @Test
    void itIsKeptLongerThanAnAskIsFresh() {
        assertTrue(SeenNonces.PERIOD > Duration.ofMillis(2 * Seal.WINDOW_MILLIS).toNanos());
    }

    @Test
    void fullRefusesUntilThePeriodEnds() throws Exception {
        for (String nonce : new String[] {"a", "b", "c"}) {
            seen.add(nonce);
        }
        assertRefused("too many", "d");
        assertRefused("replayed", "a");
        clock.pass(Duration.ofMinutes(11));
        for (String nonce : new String[] {"d", "e", "f"}) {
            seen.add(nonce);
        }
        assertRefused("too many", "g");
        assertRefused("replayed", "a");
        assertRefused("replayed", "d");
    }

    @Test
    void memoryIsBoundedForEver() throws Exception {
        int most = 0;
        for (int i = 0; i < 10_000; i++) {
            try {
                seen.add("nonce " + i);
            } catch (Refused full) {
                assertEquals("refused: too many", full.getMessage());
            }
            most = Math.max(most, seen.size());
            clock.pass(Duration.ofSeconds(30));
        }
        assertEquals(6, most);
        clock.pass(Duration.ofHours(1));
        seen.check("x");
        clock.pass(Duration.ofHours(1));
        seen.check("x");
        assertEquals(0, seen.size());
    }

    private void assertRefused(String reason, String nonce) {
        assertEquals("refused: " + reason, assertThrows(Refused.class, () -> seen.check(nonce)).getMessage());
        assertEquals("refused: " + reason, assertThrows(Refused.class, () -> seen.add(nonce)).getMessage());
    }
}

package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.session.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
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
    void fullForgetsTheOldestAndRefusesNothingNew() throws Exception {
        for (String nonce : new String[] {"a", "b", "c", "d", "e", "f"}) {
            seen.add(nonce);
        }
        assertRefused("replayed", "a");
        seen.add("g");
        assertRefused("replayed", "d");
        assertRefused("replayed", "g");
        seen.add("a");
    }

    @Test
    void memoryIsBoundedForEver() throws Exception {
        int most = 0;
        for (int i = 0; i < 10_000; i++) {
            seen.add("nonce " + i);
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

    /** Looks at the time as long as another thread needs to come by. */
    private static final class SlowClock implements Clock {
        private final AtomicInteger inside = new AtomicInteger();
        private final AtomicInteger mostInside = new AtomicInteger();

        @Override
        public long nanos() {
            mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
            try {
                Thread.sleep(30);
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
            inside.decrementAndGet();
            return 0;
        }

        @Override
        public long millis() {
            return 0;
        }

        @Override
        public void await(CompletableFuture<?> event, long nanos) {
            throw new UnsupportedOperationException("nobody waits here");
        }
    }

    @Test
    void ofFourThreadsWithTheSameNonceOneAddsIt() throws Exception {
        SlowClock slow = new SlowClock();
        SeenNonces shared = new SeenNonces(slow, 3);
        Callable<String> adding = () -> {
            try {
                shared.add("nonce");
                return "added";
            } catch (Refused refused) {
                return refused.getMessage();
            }
        };
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<String> ends = new ArrayList<>();
        for (Future<String> end : pool.invokeAll(List.of(adding, adding, adding, adding))) {
            ends.add(end.get());
        }
        pool.shutdown();
        assertEquals(List.of("added", "refused: replayed", "refused: replayed", "refused: replayed"), ends.stream().sorted().toList());
        assertEquals(1, slow.mostInside.get());
    }

    private void assertRefused(String reason, String nonce) {
        assertEquals("refused: " + reason, assertThrows(Refused.class, () -> seen.check(nonce)).getMessage());
        assertEquals("refused: " + reason, assertThrows(Refused.class, () -> seen.add(nonce)).getMessage());
    }
}

package io.sparkxacct.spark;

import static io.sparkxacct.spark.Refused.Reason.CLOCK_OFF;
import static io.sparkxacct.spark.Refused.Reason.MALFORMED;
import static io.sparkxacct.spark.Refused.Reason.OVERSIZED;
import static io.sparkxacct.spark.Refused.Reason.REPLAYED;
import static io.sparkxacct.spark.Refused.Reason.WRONG_KEY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BadAsksTest {
    private final SetClock clock = new SetClock();
    private final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private final BadAsks badAsks = new BadAsks(clock, log::add);

    @Test
    void theFirstIsSaidAtOnceAndTheRestOnceAMinute() {
        badAsks.count(WRONG_KEY);
        assertEquals(List.of("spark-xacct: the broker refused 1 ask: 1 wrong key"), taken());

        for (int second = 1; second < 60; second++) {
            clock.pass(Duration.ofSeconds(1));
            badAsks.count(second % 3 == 0 ? REPLAYED : WRONG_KEY);
        }
        assertEquals(List.of(), taken());

        clock.pass(Duration.ofSeconds(1));
        badAsks.count(MALFORMED);
        assertEquals(List.of("spark-xacct: the broker refused 60 asks in the last 60 s: 1 malformed, 19 replayed, 40 wrong key"), taken());

        clock.pass(Duration.ofMinutes(90));
        badAsks.count(CLOCK_OFF);
        assertEquals(List.of("spark-xacct: the broker refused 1 ask in the last 5400 s: 1 clock off"), taken());
    }

    @Test
    void theEndSaysWhatHasNotBeenSaid() {
        badAsks.end();
        assertEquals(List.of(), taken());

        badAsks.count(REPLAYED);
        badAsks.end();
        assertEquals(List.of("spark-xacct: the broker refused 1 ask: 1 replayed"), taken());

        clock.pass(Duration.ofSeconds(7));
        badAsks.count(REPLAYED);
        badAsks.count(OVERSIZED);
        badAsks.end();
        badAsks.end();
        assertEquals(List.of("spark-xacct: the broker refused 2 asks in the last 7 s: 1 oversized, 1 replayed"), taken());
    }

    @Test
    void aFloodIsOneLineAMinuteAndNoneOfItIsLost() throws Exception {
        int threads = 20;
        CountDownLatch ended = new CountDownLatch(threads);
        for (int thread = 0; thread < threads; thread++) {
            new Thread(() -> {
                for (int i = 0; i < 5_000; i++) {
                    badAsks.count(i % 2 == 0 ? WRONG_KEY : MALFORMED);
                }
                ended.countDown();
            }).start();
        }
        ended.await();
        assertEquals(1, log.size());
        badAsks.end();
        assertEquals(2, log.size());
        long counted = 0;
        for (String line : log) {
            Matcher refused = Pattern.compile("refused (\\d+) asks?").matcher(line);
            assertTrue(refused.find(), line);
            counted += Long.parseLong(refused.group(1));
        }
        assertEquals(100_000, counted);
    }

    private List<String> taken() {
        List<String> lines = List.copyOf(log);
        log.clear();
        return lines;
    }
}

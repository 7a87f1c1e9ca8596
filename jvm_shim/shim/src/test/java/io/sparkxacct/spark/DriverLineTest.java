package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.session.Clock;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DriverLineTest {
    private static final Map<String, String> QUESTION = Map.of("v", "1", "plan", "0123456789ab");

    private DriverLine line;

    @AfterEach
    void close() {
        if (line != null) {
            line.close();
        }
    }

    @Test
    void carriesAQuestionOnAThreadOfItsOwnAndTheAnswerBack() {
        AtomicReference<Thread> carrier = new AtomicReference<>();
        line = new DriverLine(message -> {
            carrier.set(Thread.currentThread());
            assertEquals(QUESTION, message);
            return new String[] {"v", "1", "plan", "0123456789ab"};
        }, Clock.system());

        assertEquals(QUESTION, line.ask(QUESTION));
        assertEquals("xacct-ask true", carrier.get().getName() + " " + carrier.get().isDaemon());
    }

    static Stream<Arguments> failures() {
        return Stream.of(
            Arguments.of(new IllegalStateException("driver said no"), "java.lang.IllegalStateException: driver said no"),
            Arguments.of(new IOException("Exception thrown in awaitResult: ", new IllegalStateException(new IOException("reset"))),
                "java.io.IOException: Exception thrown in awaitResult:  (java.io.IOException: reset)"),
            Arguments.of(new NoClassDefFoundError("x/Y"), "java.lang.NoClassDefFoundError: x/Y"),
            Arguments.of(new InterruptedException("of Spark's own"), "java.lang.InterruptedException: of Spark's own"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whatTheWireThrowsIsToldInWords(Throwable thrown, String words) {
        line = new DriverLine(message -> DriverLineTest.<RuntimeException>raise(thrown), Clock.system());

        assertEquals(words, problem());
        assertFalse(Thread.currentThread().isInterrupted());
    }

    static Stream<Arguments> foreign() {
        Stream<Object> answers = Stream.of("text", 1, Map.of("v", "1"), List.of(), new String[] {"v"}, new Object[] {"v", "1"}, new Object());
        return answers.map(answer -> Arguments.of(answer));
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void anotherKindOfAnswerIsNone(Object answer) {
        line = new DriverLine(message -> answer, Clock.system());

        assertEquals("its answer is not one of the plugin's", problem());
    }

    @Test
    void noAnswerIsNone() {
        line = new DriverLine(message -> null, Clock.system());

        assertEquals("its answer is not one of the plugin's", problem());
    }

    @Test
    void waitsTenSecondsAndLeavesWhatIsUnderWayAlone() throws InterruptedException {
        CountDownLatch late = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        SetClock clock = new SetClock();
        AtomicReference<Long> limit = new AtomicReference<>();
        line = new DriverLine(message -> {
            try {
                late.await();
            } catch (InterruptedException stopped) {
                interrupted.set(true);
            } finally {
                ended.countDown();
            }
            return new String[0];
        }, new Impatient(clock, limit));

        assertEquals("nothing came within 10 s", problem());
        assertEquals(10_000_000_000L, limit.get());
        assertEquals("nothing came within 10 s", problem());
        late.countDown();
        ended.await();
        assertFalse(interrupted.get());
    }

    @Test
    void anInterruptEndsTheWaitAndStaysSet() {
        CountDownLatch never = new CountDownLatch(1);
        line = new DriverLine(message -> {
            never.await();
            return null;
        }, Clock.system());
        Thread.currentThread().interrupt();

        assertEquals("interrupted", problem());
        assertTrue(Thread.interrupted());
    }

    @Test
    void afterTheEndNothingIsAskedAndNoThreadStays() throws InterruptedException {
        AtomicReference<Thread> carrier = new AtomicReference<>();
        line = new DriverLine(message -> {
            carrier.set(Thread.currentThread());
            return new String[0];
        }, Clock.system());
        line.ask(QUESTION);
        line.close();

        assertEquals("this executor is shut down", problem());
        carrier.get().join(10_000);
        assertFalse(carrier.get().isAlive());
    }

    private String problem() {
        return assertThrows(IllegalStateException.class, () -> line.ask(QUESTION)).getMessage();
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> Object raise(Throwable thrown) throws T {
        throw (T) thrown;
    }

    /** Time is over as soon as somebody waits. */
    private record Impatient(Clock clock, AtomicReference<Long> limit) implements Clock {
        @Override
        public long nanos() {
            return clock.nanos();
        }

        @Override
        public long millis() {
            return clock.millis();
        }

        @Override
        public void await(CompletableFuture<?> event, long nanos) {
            limit.set(nanos);
        }
    }
}

package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Plan;
import java.net.URL;
import java.net.URLClassLoader;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.security.auth.Subject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The same rules on the machine's own clock and threads. No assertion is about how long something takes. */
class RoleSessionsThreadsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private RoleSessions sessions;

    @AfterEach
    void drain() {
        if (sessions != null) {
            sessions.drain();
        }
    }

    private RoleSessions start(Plan plan, SessionSource source) {
        sessions = new RoleSessions(plan, source);
        return sessions;
    }

    @Test
    void twentyThreadsSeeThreeValuesOfOneFetchAcrossRefreshes() throws Exception {
        Counting source = new Counting(Duration.ofMillis(1_100));
        start(Plans.of("hub", "partner<hub"), source);
        ExecutorService readers = Executors.newFixedThreadPool(20);
        List<Future<Integer>> reads = new ArrayList<>();
        for (int reader = 0; reader < 20; reader++) {
            reads.add(readers.submit(() -> readUntil(source, 5)));
        }
        Set<Integer> last = ConcurrentHashMap.newKeySet();
        for (Future<Integer> read : reads) {
            last.add(read.get());
        }
        readers.shutdown();
        assertTrue(last.stream().allMatch(number -> number >= 5), last::toString);
        assertEquals(1, source.mostAtOnceForOneRole.get());
    }

    private int readUntil(Counting source, int fetch) {
        int number = 0;
        while (number < fetch) {
            RoleSession session = sessions.get("partner");
            String[] key = session.accessKeyId().split("-");
            number = Integer.parseInt(key[2]);
            assertEquals("partner", key[1]);
            assertEquals("secret-" + number, session.secretAccessKey());
            assertEquals("token-" + number, session.sessionToken());
            Thread.yield();
        }
        return number;
    }

    @Test
    void aPoolOfOneThreadCarriesADeepChain() {
        DaemonScheduler one = new DaemonScheduler("xacct-one", 1);
        sessions = new RoleSessions(
            Plans.chain(12), new Counting(Duration.ofHours(1)), RefreshPolicy.standard(), Clock.system(), one, warning -> { });
        assertTimeoutPreemptively(PATIENCE, () -> sessions.get("r12"));
    }

    @Test
    void readersOfAllRolesAtOnceDoNotBlockEachOther() throws Exception {
        Plan plan = Plans.of("a", "b<a", "c<b", "d<c", "e<b", "f<a");
        start(plan, new Counting(Duration.ofHours(1)));
        ExecutorService readers = Executors.newCachedThreadPool();
        List<Future<RoleSession>> reads = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            plan.roles().keySet().forEach(role -> reads.add(readers.submit(() -> sessions.get(role))));
        }
        for (Future<RoleSession> read : reads) {
            assertTimeoutPreemptively(PATIENCE, () -> read.get());
        }
        readers.shutdown();
        sessions.snapshot().stream().filter(row -> !row.role().equals("@base")).forEach(row -> assertEquals(1, row.attempts(), row::toString));
    }

    @Test
    void anInterruptEndsOneWaitAndTheOthersGetTheSession() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        Counting source = new Counting(Duration.ofHours(1)) {
            @Override
            void beforeAnswer() throws InterruptedException {
                asked.countDown();
                answer.await();
            }
        };
        start(Plans.of("hub"), source);
        AtomicReference<Object> outcome = new AtomicReference<>();
        Thread victim = new Thread(() -> {
            FailureException failed = assertThrows(FailureException.class, () -> sessions.get("hub"));
            outcome.set(failed.failure().firstLine(null) + "; flag " + Thread.currentThread().isInterrupted());
        });
        victim.start();
        asked.await();
        victim.interrupt();
        victim.join();
        assertEquals("role hub: hop 1 of 1 (" + Plans.arn("hub") + "): interrupted while waiting for STS; flag true", outcome.get());
        answer.countDown();
        assertEquals("secret-1", sessions.get("hub").secretAccessKey());
        assertEquals(1, source.calls.get());
    }

    @Test
    void aLogThatThrowsLeavesNoAttemptInFlight() throws Exception {
        DaemonScheduler scheduler = new DaemonScheduler("xacct-log", 2);
        sessions = new RoleSessions(Plans.of("hub"), new Counting(Duration.ofHours(-2)), RefreshPolicy.standard(), Clock.system(), scheduler,
            warning -> {
                throw new IllegalStateException("disk full");
            });

        assertEquals("secret-1", assertTimeoutPreemptively(PATIENCE, () -> sessions.get("hub")).secretAccessKey());
        assertEquals("FRESH", sessions.snapshot().get(1).state());
    }

    @Test
    void anErrorOfTheSourceLeavesNoAttemptInFlight() {
        start(Plans.of("hub"), new Counting(Duration.ofHours(1)) {
            @Override
            void beforeAnswer() {
                throw new StackOverflowError();
            }
        });
        sessions.drain();

        FailureException failed = assertThrows(FailureException.class, () -> sessions.get("hub"));
        assertTrue(failed.getMessage().contains("the attempt ended with java.lang.StackOverflowError"), failed.getMessage());
    }

    @Test
    void drainLeavesNoThread() throws Exception {
        Plan plan = Plans.of("hub", "leaving<hub");
        start(plan, new Counting(Duration.ofMillis(1_100)));
        sessions.get("leaving");
        assertFalse(threads(plan).isEmpty());
        sessions.drain();
        for (Thread thread : threads(plan)) {
            thread.join(PATIENCE.toMillis());
        }
        Thread.sleep(1_200);
        sessions.get("leaving");
        for (Thread thread : threads(plan)) {
            thread.join(PATIENCE.toMillis());
        }
        assertEquals(List.of(), threads(plan));
    }

    @Test
    void ourThreadsKeepNothingOfTheReader() throws Exception {
        InheritableThreadLocal<String> inherited = new InheritableThreadLocal<>();
        AtomicReference<String> seen = new AtomicReference<>();
        Counting source = new Counting(Duration.ofHours(1)) {
            @Override
            void beforeAnswer() {
                seen.set("loader ours: " + (Thread.currentThread().getContextClassLoader() == RoleSessions.class.getClassLoader())
                    + ", daemon: " + Thread.currentThread().isDaemon() + ", inherited: " + inherited.get() + ", subject: " + subject());
            }
        };
        start(Plans.of("hub"), source);
        Thread reader = new Thread(() -> {
            inherited.set("a job's local properties");
            Subject.doAs(new Subject(), (PrivilegedAction<RoleSession>) () -> sessions.get("hub"));
        });
        try (URLClassLoader replLoader = new URLClassLoader(new URL[0])) {
            reader.setContextClassLoader(replLoader);
            reader.start();
            reader.join();
        }
        assertEquals("loader ours: true, daemon: true, inherited: null, subject: null", seen.get());
    }

    @SuppressWarnings("removal")
    private static Subject subject() {
        return Subject.getSubject(AccessController.getContext());
    }

    @Test
    void theBaseIdentityIsAskedOnAThreadOfOurs() {
        AtomicReference<String> asker = new AtomicReference<>();
        Plan plan = Plans.of("unused");
        start(plan, new Counting(Duration.ofHours(1)) {
            @Override
            public RoleSession base() {
                asker.set(Thread.currentThread().getName());
                return super.base();
            }
        });
        assertNull(sessions.base().expiration());
        assertEquals("xacct-" + plan.id() + "-fetch-1", asker.get());
    }

    private static List<Thread> threads(Plan plan) {
        return Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("xacct-" + plan.id()) && thread.isAlive()).toList();
    }

    /** Numbers what it gives out, all three values alike. */
    private static class Counting implements SessionSource {
        final AtomicInteger calls = new AtomicInteger();
        final AtomicInteger mostAtOnceForOneRole = new AtomicInteger();
        private final ConcurrentHashMap<String, AtomicInteger> numbers = new ConcurrentHashMap<>();
        private final ConcurrentHashMap<String, AtomicInteger> running = new ConcurrentHashMap<>();
        private final Duration life;

        Counting(Duration life) {
            this.life = life;
        }

        void beforeAnswer() throws InterruptedException {
        }

        @Override
        public RoleSession assume(Plan.Role role, int hop, int hops, RoleSession parent) {
            calls.incrementAndGet();
            AtomicInteger atOnce = running.computeIfAbsent(role.name(), name -> new AtomicInteger());
            mostAtOnceForOneRole.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            try {
                beforeAnswer();
                int number = numbers.computeIfAbsent(role.name(), name -> new AtomicInteger()).incrementAndGet();
                return new RoleSession("ASIA-" + role.name() + "-" + number, "secret-" + number, "token-" + number, Instant.now().plus(life));
            } catch (InterruptedException never) {
                throw new IllegalStateException(never);
            } finally {
                atOnce.decrementAndGet();
            }
        }

        @Override
        public RoleSession base() {
            return new RoleSession("AKIA", "secret", null, null);
        }
    }
}

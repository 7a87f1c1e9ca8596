package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.session.FakeSts.Answer;
import io.sparkxacct.session.FakeSts.Call;
import io.sparkxacct.session.SessionLab.Read;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random walks over what readers, STS, clocks and the host may do. A failure prints its seed and the last steps. */
class RoleSessionsWalkTest {
    private static final int STEPS = 2_000;
    private static final Set<String> VALID = Set.of("FRESH", "DUE", "RETRY", "SUSPECT");
    private static final String BASE = "@base";
    private static final List<String> ROLES = List.of("hub", "finance", "partner", "deep");
    private static final List<String> READ = List.of(BASE, "hub", "finance", "partner", "deep");
    /** What the base identity's owner may say. */
    private static final List<Answer> OF_THE_BASE = List.of(Answer.OK, Answer.OK, Answer.DENY, Answer.THROTTLE, Answer.CRASH);

    static List<Integer> seeds() {
        Integer only = Integer.getInteger("walk.seed");
        return only != null ? List.of(only) : java.util.stream.IntStream.rangeClosed(1, Integer.getInteger("walk.seeds", 24)).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void invariantsHold(int seed) {
        Walk walk = new Walk(seed);
        try {
            walk.run();
        } catch (Throwable broken) {
            throw new AssertionError("seed " + seed + " (again with -Dwalk.seed=" + seed + "): " + broken + "\n"
                + String.join("\n", walk.trace.subList(Math.max(0, walk.trace.size() - 40), walk.trace.size())), broken);
        } finally {
            walk.lab.end();
        }
    }

    private static final class Walk {
        final List<String> trace = new ArrayList<>();
        final SessionLab lab;
        private final Random random;
        /** One of three a walk: no host can tell a short life from a wrong clock, or sees a clock set back while it slept. */
        private final boolean shortLives;
        private final boolean sleeps;
        private final List<String> broken = new ArrayList<>();
        private final Map<VirtualTime.Fiber, String> readers = new HashMap<>();
        private final Set<VirtualTime.Fiber> interrupted = new HashSet<>();
        private boolean drained;

        Walk(int seed) {
            random = new Random(seed);
            lab = new SessionLab(Plans.of("hub", "finance<hub", "partner<hub", "deep<partner"), seed, READ.size());
            shortLives = seed % 3 == 0;
            sleeps = seed % 3 == 1;
            if (sleeps) {
                lab.time.setClockAhead(Duration.ofMinutes(random.nextInt(240) - 120));
            }
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                act();
                lab.pass(Duration.ofMillis(random.nextInt(20)));
                check();
            }
            if (!drained) {
                recover();
            }
            lab.sessions.drain();
            lab.pass(Duration.ofMinutes(2));
            check();
            assertEquals(0, lab.time.threadsAlive(), "threads left");
            checkCalls();
        }

        private void act() {
            switch (random.nextInt(18)) {
                case 0, 1, 2 -> pass(Duration.ofMillis(random.nextInt(3_000)));
                case 3, 4 -> pass(Duration.ofSeconds(random.nextInt(100)));
                case 5 -> pass(Duration.ofMinutes(random.nextInt(shortLives ? 3 : 40)));
                case 6, 7, 8, 9 -> read(READ.get(random.nextInt(READ.size())));
                case 10, 11 -> answer(random.nextInt(4) == 0 ? "*" : role(), Answer.values()[random.nextInt(Answer.values().length)]);
                case 12 -> forgetAll();
                case 13 -> disturb();
                case 14 -> interrupt();
                case 15 -> base(OF_THE_BASE.get(random.nextInt(OF_THE_BASE.size())));
                case 16 -> lifeOfTheBase();
                default -> force(role());
            }
        }

        private void disturb() {
            int choice = random.nextInt(40);
            if (choice == 0) {
                recover();
            } else if (choice == 1 && random.nextInt(20) == 0) {
                note("drain");
                drained = true;
                lab.sessions.drain();
            } else if (choice < 20) {
                lab.sts.latency = Duration.ofMillis(random.nextBoolean() ? random.nextInt(500) : random.nextInt(20_000));
                lab.sts.baseLatency = Duration.ofMillis(random.nextInt(4) > 0 ? random.nextInt(500) : random.nextInt(20_000));
                note("latency " + lab.sts.latency + ", of the base " + lab.sts.baseLatency);
            } else if (sleeps) {
                Duration length = Duration.ofMinutes(random.nextInt(90));
                note("suspend " + length);
                lab.time.suspend(length);
            } else if (shortLives) {
                lab.sts.life = Duration.ofMillis(2_000 + random.nextInt(60_000));
                note("life " + lab.sts.life);
            } else {
                Duration skew = Duration.ofMinutes(random.nextInt(3) == 0 ? random.nextInt(240) - 120 : 0);
                note("clock ahead by " + skew);
                lab.time.setClockAhead(skew);
            }
        }

        private void read(String role) {
            VirtualTime.Fiber[] self = new VirtualTime.Fiber[1];
            self[0] = lab.time.spawn(() -> {
                String before = state(role);
                judge(role, before, lab.read(role), interrupted.contains(self[0]));
                readers.remove(self[0]);
            });
            readers.put(self[0], role);
            note("read " + role);
        }

        private void judge(String role, String before, Read read, boolean wasInterrupted) {
            String told = role + " " + before + " -> " + read;
            if (read.session() != null) {
                expect(FakeSts.roleOf(read.session()).equals(role.replace("@", "")), "wrong role: " + told);
                expect(lab.sts.isAlive(read.session()), "dead session: " + told);
                String key = read.session().accessKeyId().substring("ASIA".length());
                String token = read.session().sessionToken();
                expect(read.session().secretAccessKey().endsWith("-key" + key), "mixed session: " + told);
                expect(token == null ? read.session().expiration() == null : token.endsWith("-token" + key), "mixed session: " + told);
            } else {
                expect(!read.failure().message(role).contains(FakeSts.SECRET), "secret in: " + told);
                expect(wasInterrupted == read.failure().firstLine(null).contains("interrupted") || wasInterrupted, "interrupt: " + told);
            }
            if (VALID.contains(before)) {
                expect(read.session() != null && read.waited().isZero(), "waited with a valid session: " + told);
            }
            if (!drained) {
                expect(read.waited().getSeconds() <= (before.equals("EMPTY") ? 30 : 10), "waited too long: " + told);
            }
        }

        private void interrupt() {
            if (!readers.isEmpty()) {
                VirtualTime.Fiber fiber = readers.keySet().stream().skip(random.nextInt(readers.size())).findFirst().orElseThrow();
                note("interrupt a reader of " + readers.get(fiber));
                if (!drained) {
                    interrupted.add(fiber);
                    fiber.interrupt();
                }
            }
        }

        private void force(String role) {
            note("force " + role + ": " + lab.force(role));
        }

        private void answer(String role, Answer answer) {
            if (answer == Answer.SKEWED || answer == Answer.DEAD_PARENT && !role.equals("deep") && !role.equals("hub")) {
                return;
            }
            note(role + " answers " + answer);
            lab.sts.answer(role, answer);
        }

        private void base(Answer answer) {
            note("the base answers " + answer);
            lab.sts.base = answer;
        }

        /** Keys that do not tell their end, or that live for an hour or, on a host where that is clear, some seconds. */
        private void lifeOfTheBase() {
            Duration whole = shortLives && random.nextBoolean() ? Duration.ofMillis(2_000 + random.nextInt(60_000)) : Duration.ofHours(1);
            lab.sts.baseLife = random.nextBoolean() ? null : whole;
            note("life of the base " + lab.sts.baseLife);
        }

        private void forgetAll() {
            note("all answer OK");
            lab.sts.base = Answer.OK;
            ROLES.forEach(lab.sts::forget);
            lab.sts.forget("*");
        }

        /** A minute after STS is well again, and after what was in flight, the timer has made everything fresh. */
        private void recover() {
            forgetAll();
            lab.sts.latency = Duration.ofMillis(50);
            lab.sts.baseLatency = Duration.ofMillis(50);
            lab.sts.life = null;
            lab.sts.baseLife = null;
            if (!sleeps) {
                lab.time.setClockAhead(Duration.ZERO);
            }
            pass(Duration.ofSeconds(21));
            List<String> kept = ROLES.stream().filter(this::isKeptByTheTimer).toList();
            pass(Duration.ofSeconds(61));
            if (!drained) {
                kept.forEach(role -> assertTrue(VALID.contains(state(role)), role + " is " + state(role) + " a minute after recovery"));
            }
            pass(Duration.ofSeconds(60));
            READ.forEach(role -> assertNull(lab.read(role).failure(), role + " fails two minutes after recovery"));
        }

        /**
         * A sleeping host stops its timer: what expired meanwhile, and did not fail, is fetched by its next reader. So is what the time of
         * day ends before the timer is due. A denial that is remembered is probed by a reader, and the next hops know it.
         */
        private boolean isKeptByTheTimer(String role) {
            if (lab.state(BASE).equals("DENIED") || lab.plan.chain(role).stream().anyMatch(hop -> lab.state(hop.name()).equals("DENIED"))) {
                return false;
            }
            Entry entry = lab.sessions.slot(role).entry.get();
            if (entry.failure == null && entry.validUntilMillis - lab.time.millis() <= (entry.nextAt - lab.time.nanos()) / 1_000_000) {
                return false;
            }
            String state = state(role);
            return Set.of("FRESH", "DUE", "RETRY").contains(state) || state.equals("EXPIRED") && lab.status(role).failure() != null;
        }

        private void pass(Duration duration) {
            note("pass " + duration);
            lab.pass(duration);
        }

        private void check() {
            assertEquals(List.of(), broken);
            assertEquals(List.of(), lab.sts.violations);
            assertTrue(!lab.sessions.toString().contains(FakeSts.SECRET), "secret in the snapshot");
            assertTrue(lab.warnings.stream().noneMatch(warning -> warning.contains(FakeSts.SECRET)), "secret in a warning");
        }

        /** Whatever readers did, a call after a failure kept its distance. */
        private void checkCalls() {
            for (String role : READ) {
                Call previous = null;
                for (Call call : role.equals(BASE) ? lab.sts.asked : lab.sts.calls) {
                    if (call.role().equals(role)) {
                        if (previous != null) {
                            long gap = call.at().minus(previous.ended()).toMillis();
                            assertTrue(gap >= previous.quiet().toMillis(), previous + " then " + call);
                        }
                        previous = call;
                    }
                }
            }
        }

        private String state(String role) {
            RoleStatus status = lab.status(role);
            if (!status.state().equals("DRAINED")) {
                return status.state();
            }
            return status.expiration() == null ? "EMPTY" : "EXPIRED";
        }

        private String role() {
            return ROLES.get(random.nextInt(ROLES.size()));
        }

        private void note(String step) {
            trace.add(lab.time.elapsed() + " " + step + "  " + READ.stream().map(role -> role + "=" + state(role)).toList());
        }

        private void expect(boolean holds, String otherwise) {
            if (!holds) {
                broken.add(otherwise);
            }
        }
    }
}

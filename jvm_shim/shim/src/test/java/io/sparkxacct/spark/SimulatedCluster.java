package io.sparkxacct.spark;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Counters;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.FakeSts;
import io.sparkxacct.session.Forced;
import io.sparkxacct.session.Plans;
import io.sparkxacct.session.RefreshPolicy;
import io.sparkxacct.session.RefusedKey;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.RoleSessions;
import io.sparkxacct.session.SessionSource;
import io.sparkxacct.session.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/** One driver and its executors, of the classes that run in a real one, on virtual time. Everybody reads every role every 90 s. */
final class SimulatedCluster {
    static final Duration READ_EVERY = Duration.ofSeconds(90);
    private static final Duration ASK_LIMIT = Duration.ofSeconds(10);

    final Plan plan = Plans.of("hub", "partner<hub", "sink");
    final VirtualTime time;
    /** What the driver asks, and what executors ask by themselves. */
    final FakeSts sts;
    final List<FakeSts> byExecutors = new ArrayList<>();
    final List<String> failedReads = new ArrayList<>();
    final List<String> said = new ArrayList<>();
    int reads;
    int questions;
    /** The most questions within one second since {@link #calm}. */
    int busiestSecond;
    Duration calm = Duration.ZERO;
    /** How long a question and its answer take. */
    Duration rpc = Duration.ofMillis(1);
    /** Of 100 calls of STS, how many it answers with Throttling. */
    int throttledPercent;
    boolean driverPaused;

    private final Random random;
    private long second;
    private int questionsOfSecond;
    private final RoleSessions driver;
    private final Responder responder;
    private final byte[] key = Seal.newKey();
    private final List<Executor> executors = new ArrayList<>();

    SimulatedCluster(long seed) {
        this.random = new Random(seed);
        this.time = new VirtualTime(seed, Integer.MAX_VALUE);
        this.sts = new FakeSts(time);
        this.driver = new RoleSessions(plan, throttling(sts), policy(), time, time, said::add);
        Broker broker = new Broker(() -> plan, (ignored, role) -> driver.offer(role),
            (ignored, role, refused) -> driver.forceRefresh(role, refused) != Forced.NOT_NOW, new Counters(), new ExecutorTally());
        this.responder = new Responder(broker, Channel.of(Channel.Kind.SEALED, "simulated"), new Seal(key, "run", time), time, said::add);
    }

    void start(int count) {
        for (int number = 0; number < count; number++) {
            executors.add(new Executor());
        }
    }

    /** Kills some and starts as many. */
    void replace(int count) {
        for (int number = 0; number < count; number++) {
            executors.remove(random.nextInt(executors.size())).alive = false;
        }
        start(count);
    }

    /** S3 calls the session of a role dead to every executor at once. */
    void refuse(String role) {
        executors.forEach(one -> one.sessions.forceRefresh(role, RefusedKey.dead(one.sessions.get(role).accessKeyId())));
    }

    /** The keys that executors hold of a role. */
    Set<String> keys(String role) {
        return executors.stream().map(one -> one.sessions.get(role).accessKeyId()).collect(Collectors.toSet());
    }

    void pass(Duration duration) {
        time.sleep(duration);
    }

    long callsOfExecutors() {
        return byExecutors.stream().mapToLong(one -> one.calls.size()).sum();
    }

    RefreshPolicy policy() {
        return new RefreshPolicy(random::nextDouble);
    }

    private SessionSource throttling(FakeSts fake) {
        return new SessionSource() {
            @Override
            public RoleSession assume(Plan.Role role, int hop, int hops, RoleSession signer) {
                if (random.nextInt(100) < throttledPercent) {
                    fake.answer(role.name(), FakeSts.Answer.THROTTLE);
                    try {
                        return fake.assume(role, hop, hops, signer);
                    } finally {
                        fake.forget(role.name());
                    }
                }
                return fake.assume(role, hop, hops, signer);
            }

            @Override
            public RoleSession base() {
                return fake.base();
            }
        };
    }

    private Map<String, String> ask(Map<String, String> question) {
        count();
        Map<String, String> copy = new HashMap<>(question);
        time.sleep(rpc);
        if (driverPaused) {
            time.sleep(ASK_LIMIT);
            throw new IllegalStateException("nothing came within 10 s");
        }
        return Messages.unpacked(responder.respond(copy));
    }

    private void count() {
        questions++;
        if (second != time.elapsed().toSeconds()) {
            second = time.elapsed().toSeconds();
            questionsOfSecond = 0;
        }
        questionsOfSecond++;
        if (time.elapsed().compareTo(calm) >= 0) {
            busiestSecond = Math.max(busiestSecond, questionsOfSecond);
        }
    }

    private final class Executor {
        private final RoleSessions sessions;
        private boolean alive = true;

        Executor() {
            FakeSts own = new FakeSts(time);
            byExecutors.add(own);
            BrokerClient client = new BrokerClient(plan, new SealedLine(SimulatedCluster.this::ask, new Seal(key, "run", time)), own,
                source -> new RoleSessions(plan, source, policy(), time, time.another(), said::add), time, random::nextDouble, said::add);
            sessions = new RoleSessions(plan, client, policy(), time, time, said::add);
            Duration begin = Duration.ofMillis(random.nextInt(2_000));
            for (String role : new String[] {"partner", "sink"}) {
                time.spawn(() -> readOnAndOn(role, begin));
            }
        }

        private void readOnAndOn(String role, Duration begin) {
            time.sleep(begin);
            while (alive) {
                reads++;
                try {
                    RoleSession session = sessions.get(role);
                    boolean alive = sts.isAlive(session.accessKeyId()) || byExecutors.stream().anyMatch(one -> one.isAlive(session.accessKeyId()));
                    if (!alive || !FakeSts.roleOf(session).equals(role)) {
                        failedReads.add(time.elapsed() + " " + role + " was served " + session);
                    }
                } catch (FailureException failed) {
                    failedReads.add(time.elapsed() + " " + failed.getMessage());
                }
                time.sleep(READ_EVERY);
            }
        }
    }
}

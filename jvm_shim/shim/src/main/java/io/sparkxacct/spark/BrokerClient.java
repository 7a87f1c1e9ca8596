package io.sparkxacct.spark;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.RoleSessions;
import io.sparkxacct.session.SessionSource;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Function;

/**
 * The executor's side: role sessions from the driver, all in one question.
 *
 * <p>Where they come from is decided once: the driver, if it answers at first, else STS with this executor's own base identity.
 * A driver that answers late afterwards does not mean STS at once, because then hundreds of executors would ask it together: the
 * session at hand serves, and STS is asked only when it nears its end. The base identity is always this executor's own. Thread-safe.
 */
final class BrokerClient implements SessionSource, AutoCloseable {
    /** For a session that the driver's first fetch has not brought yet; readers wait up to 30 s. */
    static final long FIRST_WAIT = SECONDS.toNanos(20);
    /** Before the end of a session from which on STS may be asked instead of a silent driver; executors differ within its second half. */
    static final long NEAR_END_MILLIS = MINUTES.toMillis(5);
    /** For how long the answer to another role's question is as good as one of its own. */
    private static final long NEWS_MILLIS = MINUTES.toMillis(2);
    /** Questions that a driver may miss at first: its start is the busiest time. */
    private static final int FIRST_QUESTIONS = 2;
    private static final long LEAST_LEFT_MILLIS = 1_000;

    private enum Decided {
        NOT_YET,
        DRIVER,
        STS
    }

    private final Plan plan;
    private final Function<Map<String, String>, Map<String, String>> channel;
    private final SessionSource sts;
    private final Function<SessionSource, RoleSessions> direct;
    private final Clock clock;
    private final Consumer<String> log;
    private final double share;

    private final Map<String, Given> given = new ConcurrentHashMap<>();
    private final AtomicReference<CompletableFuture<Answer>> asking = new AtomicReference<>();
    private volatile Decided decided = Decided.NOT_YET;
    private RoleSessions bySts;
    private volatile Answer last;
    /** Questions in a row; of the thread that asks. */
    private volatile int unanswered;

    /**
     * @param channel carries a question to the driver and its answer back; throws RuntimeException when none comes in time
     * @param sts the source that asks STS with this executor's own identity
     * @param direct makes role sessions of that source; called at most once
     * @param random a share from 0 to 1 in which this executor differs from others
     * @param log takes what an operator should see once, one text a call
     */
    BrokerClient(Plan plan, Function<Map<String, String>, Map<String, String>> channel, SessionSource sts,
                 Function<SessionSource, RoleSessions> direct, Clock clock, DoubleSupplier random, Consumer<String> log) {
        this.plan = plan;
        this.channel = channel;
        this.sts = sts;
        this.direct = direct;
        this.clock = clock;
        this.share = random.getAsDouble();
        this.log = log;
    }

    @Override
    public boolean givesWholeChains() {
        return true;
    }

    @Override
    public String name() {
        return decided == Decided.STS ? "STS" : "the driver";
    }

    @Override
    public RoleSession assume(Plan.Role role, int hop, int hops, RoleSession signer) {
        long until = clock.nanos() + FIRST_WAIT;
        while (decided != Decided.STS) {
            Answer answer;
            try {
                answer = ask(role.name());
            } catch (RuntimeException | LinkageError silent) {
                if (decided == Decided.STS) {
                    break;
                }
                return withoutTheDriver(role.name(), silent);
            }
            if (answer == null) {
                continue;
            }
            RoleSession session = Messages.session(answer.fields, role.name(), answer.askedAtMillis);
            if (session != null && session.expiration().toEpochMilli() - clock.millis() > LEAST_LEFT_MILLIS) {
                given.put(role.name(), new Given(session, session.expiration().toEpochMilli() - answer.askedAtMillis));
                return session;
            }
            Failure failure = Messages.failure(answer.fields, role.name(), answer.askedAtMillis);
            Long wait = Messages.waitMillis(answer.fields, role.name());
            if (wait == null) {
                throw new FailureException(failure != null ? failure
                    : Failure.unanswered(role.name(), "the driver's answer says nothing of role " + role.name()));
            }
            if (until - clock.nanos() < MILLISECONDS.toNanos(wait)) {
                throw new FailureException(failure != null ? failure
                    : Failure.unanswered(role.name(), "the driver has no session yet"));
            }
            pause(role.name(), wait);
        }
        return direct().get(role.name());
    }

    @Override
    public RoleSession base() {
        return sts.base();
    }

    @Override
    public void forgetBase() {
        sts.forgetBase();
    }

    @Override
    public void close() throws Exception {
        synchronized (this) {
            if (bySts != null) {
                bySts.drain();
            }
        }
        if (sts instanceof AutoCloseable) {
            ((AutoCloseable) sts).close();
        }
    }

    /** One question for all roles: who comes while it is under way, or soon after, takes its answer. Null: decided for STS. */
    private Answer ask(String role) {
        while (decided != Decided.STS) {
            Answer latest = last;
            if (isNews(latest, role)) {
                return latest;
            }
            CompletableFuture<Answer> others = asking.get();
            if (others != null) {
                return answerTo(others, role);
            }
            CompletableFuture<Answer> mine = new CompletableFuture<>();
            if (asking.compareAndSet(null, mine)) {
                return question(mine);
            }
        }
        return null;
    }

    private Answer question(CompletableFuture<Answer> mine) {
        try {
            Answer answer = question();
            mine.complete(answer);
            return answer;
        } catch (RuntimeException | LinkageError silent) {
            mine.completeExceptionally(silent);
            throw silent;
        } finally {
            asking.set(null);
        }
    }

    private Answer answerTo(CompletableFuture<Answer> others, String role) {
        try {
            clock.await(others, FIRST_WAIT);
            return others.getNow(new Answer(Collections.<String, String>emptyMap(), clock.millis()));
        } catch (InterruptedException interrupted) {
            throw interrupted(role);
        } catch (CompletionException silent) {
            throw new IllegalStateException(silent.getCause().getMessage());
        }
    }

    /** On one thread at a time. */
    private Answer question() {
        long askedAt = clock.millis();
        Map<String, String> fields;
        try {
            fields = Messages.read(channel.apply(Messages.question(plan.id(), plan.roles().keySet())));
        } catch (RuntimeException | LinkageError silent) {
            unanswered++;
            if (decided == Decided.NOT_YET && unanswered >= FIRST_QUESTIONS) {
                decideForSts("the driver did not answer: " + silent.getMessage());
            }
            throw silent;
        }
        unanswered = 0;
        String refused = fields == null ? "its answer cannot be read" : fields.get(Messages.REFUSED_FIELD) == null ? null
            : fields.get(Messages.PROBLEM_FIELD);
        if (refused != null) {
            if (decided == Decided.NOT_YET) {
                decideForSts(refused);
                return null;
            }
            throw new IllegalStateException(refused);
        }
        if (decided == Decided.NOT_YET) {
            decided = Decided.DRIVER;
            log.accept("plan " + plan.id() + ": role sessions come from the driver");
        }
        Answer answer = new Answer(fields, askedAt);
        last = answer;
        return answer;
    }

    private boolean isNews(Answer answer, String role) {
        if (answer == null || clock.millis() - answer.askedAtMillis > NEWS_MILLIS) {
            return false;
        }
        RoleSession session = Messages.session(answer.fields, role, answer.askedAtMillis);
        Given known = given.get(role);
        return session != null && (known == null || !known.session.accessKeyId().equals(session.accessKeyId()));
    }

    private void decideForSts(String why) {
        decided = Decided.STS;
        log.accept("plan " + plan.id() + ": role sessions come from STS with this executor's own identity, because " + why);
    }

    private RoleSession withoutTheDriver(String role, Throwable silent) {
        Given known = given.get(role);
        String problem = "the driver did not answer: " + silent.getMessage();
        if (decided == Decided.NOT_YET || known != null && clock.millis() < nearEndMillis(known)) {
            throw new FailureException(Failure.unanswered(role, problem));
        }
        try {
            return direct().get(role);
        } catch (FailureException failed) {
            throw new FailureException(Failure.unanswered(role, problem + "; STS: " + failed.failure().firstLine(null)));
        }
    }

    /** When STS may be asked for a role whose session is not renewed: each executor at its own time. */
    private long nearEndMillis(Given known) {
        long margin = Math.min(NEAR_END_MILLIS, known.lifeMillis / 6);
        return known.session.expiration().toEpochMilli() - (long) (margin * (0.5 + 0.5 * share));
    }

    private synchronized RoleSessions direct() {
        if (bySts == null) {
            bySts = direct.apply(sts);
        }
        return bySts;
    }

    private void pause(String role, long millis) {
        try {
            clock.await(new CompletableFuture<Void>(), MILLISECONDS.toNanos(millis));
        } catch (InterruptedException interrupted) {
            throw interrupted(role);
        }
    }

    private static FailureException interrupted(String role) {
        Thread.currentThread().interrupt();
        return new FailureException(Failure.unanswered(role, "interrupted while waiting for the driver"));
    }

    private static final class Given {
        final RoleSession session;
        final long lifeMillis;

        Given(RoleSession session, long lifeMillis) {
            this.session = session;
            this.lifeMillis = lifeMillis;
        }
    }

    private static final class Answer {
        final Map<String, String> fields;
        final long askedAtMillis;

        Answer(Map<String, String> fields, long askedAtMillis) {
            this.fields = fields;
            this.askedAtMillis = askedAtMillis;
        }
    }
}

package io.sparkxacct.spark;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.Forced;
import io.sparkxacct.session.RefusedKey;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.RoleSessions;
import io.sparkxacct.session.SessionSource;
import java.util.HashMap;
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
 * session at hand serves, and STS is asked only when it nears its end. Where STS gives nothing either, the driver is asked again. The
 * base identity is always this executor's own. A session that S3 refuses is named in the question, so that the driver replaces it.
 * Thread-safe.
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
    private static final long SHORTEST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;
    private static final int PAUSES_THAT_GROW = 5;

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
    /** By role, what S3 refuses of that, until another one is given or is not to be had. */
    private final Map<String, RefusedKey> refused = new ConcurrentHashMap<>();
    /** By role, how often in a row it has waited for a session: hundreds of executors must not ask four times a second while STS is down. */
    private final Map<String, Integer> waits = new ConcurrentHashMap<>();
    private final AtomicReference<CompletableFuture<Answer>> asking = new AtomicReference<>();
    private final AtomicReference<Decided> decided = new AtomicReference<>(Decided.NOT_YET);
    private RoleSessions bySts;
    private volatile Answer last;
    /** Why STS was decided for; null while it was not. */
    private volatile String reason;
    /** Of the driver, for which STS was decided; null when the driver refused. */
    private volatile String silence;
    /** Questions in a row; of the thread that asks. */
    private volatile int unanswered;

    /**
     * @param channel carries a question to the driver and its answer back; throws RuntimeException when none comes in time
     * @param sts the source that asks STS with this executor's own identity
     * @param direct makes role sessions of that source; once more after a driver has come back
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
        return decided.get() == Decided.STS ? "STS" : "the driver";
    }

    @Override
    public String origin() {
        switch (decided.get()) {
            case DRIVER:
                return name();
            case STS:
                return "STS with this executor's own identity, because " + reason;
            default:
                return "the driver, which has not answered yet";
        }
    }

    @Override
    public RoleSession assume(Plan.Role role, int hop, int hops, RoleSession signer) {
        String name = role.name();
        long until = clock.nanos() + FIRST_WAIT;
        Answer answer = null;
        while (decided.get() != Decided.STS) {
            try {
                answer = ask(name, answer);
            } catch (Silence silent) {
                if (decided.get() == Decided.STS) {
                    break;
                }
                return withoutTheDriver(name, silent.getMessage());
            }
            if (answer == null) {
                continue;
            }
            long askedAt = answer.askedAt(clock);
            RoleSession session = Messages.session(answer.fields, name, askedAt);
            if (session != null && serves(session)) {
                RefusedKey key = refused.get(name);
                if (key != null && key.isOf(session) && !answer.knows(name, key)) {
                    continue;
                }
                if (key != null) {
                    refused.remove(name, key);
                }
                waits.remove(name);
                given.put(name, new Given(session, clock));
                return session;
            }
            Failure failure = Messages.failure(answer.fields, name, askedAt);
            // One that is about to end is soon followed by another, or by the reason why not.
            Long wait = session == null ? Messages.waitMillis(answer.fields, name) : Long.valueOf(Broker.WAIT_MILLIS);
            if (wait == null) {
                waits.remove(name);
                throw new FailureException(failure != null ? failure
                    : Failure.unanswered(name, "the driver's answer says nothing of role " + name));
            }
            long pause = Math.max(SHORTEST_PAUSE_MILLIS, pauseMillis(name, wait) - answer.sinceItCameMillis(clock));
            if (until - clock.nanos() < MILLISECONDS.toNanos(pause)) {
                throw new FailureException(failure != null ? failure : Failure.unanswered(name, "the driver has no session yet"));
            }
            waits.merge(name, 1, Integer::sum);
            pause(name, pause);
        }
        return bySts(name);
    }

    @Override
    public void refused(Plan.Role role, RefusedKey key) {
        refused.put(role.name(), key);
    }

    @Override
    public RoleSession base() {
        return sts.base();
    }

    @Override
    public void forgetBase() {
        sts.forgetBase();
    }

    /** The driver has given the session, but only AWS knows who it is. */
    @Override
    public String callerArn(RoleSession session) {
        return sts.callerArn(session);
    }

    @Override
    public void close() throws Exception {
        leaveSts();
        if (sts instanceof AutoCloseable) {
            ((AutoCloseable) sts).close();
        }
    }

    /** From an answer to the next question, longer each time; executors differ by up to a quarter, the roles of one do not. */
    private long pauseMillis(String role, long wait) {
        long grown = Math.min(LONGEST_PAUSE_MILLIS, Broker.WAIT_MILLIS << Math.min(PAUSES_THAT_GROW, waits.getOrDefault(role, 0)));
        return (long) (Math.max(wait, grown) * (1 + share / 4));
    }

    /**
     * One question for all roles: who comes while it is under way, or soon after, takes its answer. Null: decided for STS.
     *
     * @param known the answer that the role had last; null for none
     */
    private Answer ask(String role, Answer known) {
        while (decided.get() != Decided.STS) {
            Answer latest = last;
            if (isEnough(latest, role, known)) {
                return latest;
            }
            CompletableFuture<Answer> others = asking.get();
            if (others != null) {
                return answerTo(others, role);
            }
            CompletableFuture<Answer> mine = new CompletableFuture<>();
            if (asking.compareAndSet(null, mine)) {
                return question(mine, role, known);
            }
        }
        return null;
    }

    private Answer question(CompletableFuture<Answer> mine, String role, Answer known) {
        Silence silent = new Silence("the driver could not be asked");
        try {
            Answer latest = last;
            // Another question may have ended between the look at its answer and the beginning of this one.
            Answer answer = isEnough(latest, role, known) ? latest : question();
            silent = null;
            mine.complete(answer);
            return answer;
        } catch (Silence heard) {
            silent = heard;
            throw heard;
        } finally {
            if (silent != null) {
                mine.completeExceptionally(silent);
            }
            asking.set(null);
        }
    }

    private Answer answerTo(CompletableFuture<Answer> others, String role) {
        try {
            clock.await(others, FIRST_WAIT);
        } catch (InterruptedException interrupted) {
            throw interrupted(role);
        }
        if (!others.isDone()) {
            throw new Silence("the driver did not answer: nothing came within " + NANOSECONDS.toSeconds(FIRST_WAIT) + " s");
        }
        try {
            return others.join();
        } catch (CompletionException silent) {
            throw new Silence(silent.getCause().getMessage());
        }
    }

    /** On one thread at a time. */
    private Answer question() {
        Answer answer;
        String problem;
        try {
            long askedMillis = clock.millis();
            long askedNanos = clock.nanos();
            Map<String, RefusedKey> told = new HashMap<>(refused);
            Map<String, String> asked = Messages.question(plan.id(), plan.roles().keySet());
            told.forEach((role, key) -> Messages.putRefused(asked, role, key));
            Map<String, String> fields = Messages.read(channel.apply(asked));
            problem = fields == null ? "its answer cannot be read" : fields.get(Messages.REFUSED_FIELD) == null ? null
                : String.valueOf(fields.get(Messages.PROBLEM_FIELD));
            answer = problem == null ? new Answer(fields, told, askedMillis, askedNanos, clock.nanos(), plan) : null;
        } catch (RuntimeException | LinkageError silent) {
            String said = "the driver did not answer: " + (silent.getMessage() == null ? silent : silent.getMessage());
            unanswered++;
            if (decided.get() == Decided.NOT_YET && unanswered >= FIRST_QUESTIONS) {
                decideForSts(said, said);
            }
            throw new Silence(said);
        }
        unanswered = 0;
        if (problem != null) {
            if (decided.get() == Decided.NOT_YET) {
                decideForSts(problem, null);
                return null;
            }
            throw new Silence("the driver answers no longer: " + problem);
        }
        last = answer;
        if (decided.getAndSet(Decided.DRIVER) != Decided.DRIVER) {
            silence = null;
            say("role sessions come from the driver");
        }
        // What was asked of STS while the driver was silent is renewed by nobody any more.
        leaveSts();
        return answer;
    }

    /** Whether the driver need not be asked: it has told this role something since, or has told it to come later. */
    private boolean isEnough(Answer latest, String role, Answer known) {
        return isNews(latest, role) || known != null && latest != known || latest != known && isToldToWait(latest, role);
    }

    private boolean isToldToWait(Answer answer, String role) {
        Long wait = Messages.waitMillis(answer.fields, role);
        RefusedKey key = refused.get(role);
        return wait != null && (key == null || answer.knows(role, key)) && answer.sinceItCameMillis(clock) < pauseMillis(role, wait);
    }

    private boolean isNews(Answer answer, String role) {
        if (answer == null || answer.ageMillis(clock) > NEWS_MILLIS) {
            return false;
        }
        RoleSession session = Messages.session(answer.fields, role, answer.askedAt(clock));
        Given known = given.get(role);
        RefusedKey key = refused.get(role);
        return session != null && serves(session) && (key == null || !key.isOf(session))
            && (known == null || !known.accessKeyId.equals(session.accessKeyId()));
    }

    private boolean serves(RoleSession session) {
        return session.expiration().toEpochMilli() - clock.millis() > LEAST_LEFT_MILLIS;
    }

    /** {@code silent}: what the driver did instead of refusing, or null. */
    private void decideForSts(String why, String silent) {
        boolean said = silence != null;
        silence = silent;
        reason = why;
        decided.set(Decided.STS);
        if (!said) {
            say("role sessions come from STS with this executor's own identity, because " + why);
        }
    }

    private RoleSession bySts(String role) {
        try {
            RoleSessions sessions = direct();
            awaitAnother(sessions, role);
            return sessions.get(role);
        } catch (FailureException failed) {
            String silent = silence;
            if (silent == null || failed.failure().passes()) {
                throw failed;
            }
            // This executor has no identity of its own, or none that may: the driver that was silent is its only hope.
            decided.compareAndSet(Decided.STS, Decided.NOT_YET);
            throw neither(role, silent, failed);
        }
    }

    /** Where STS is asked here, the refused session is in other hands of this JVM. */
    private void awaitAnother(RoleSessions sessions, String role) {
        RefusedKey key = refused.remove(role);
        long until = clock.nanos() + FIRST_WAIT;
        while (key != null && clock.nanos() - until < 0) {
            Forced forced = sessions.forceRefresh(role, key);
            if (forced == Forced.REPLACED || forced == Forced.NOT_NOW) {
                return;
            }
            pause(role, Broker.WAIT_MILLIS);
        }
    }

    private RoleSession withoutTheDriver(String role, String problem) {
        Given known = given.get(role);
        if (decided.get() == Decided.NOT_YET || known != null && !known.isNearItsEnd(clock, share)) {
            throw new FailureException(Failure.unanswered(role, problem));
        }
        try {
            return direct().get(role);
        } catch (FailureException failed) {
            throw neither(role, problem, failed);
        }
    }

    private static FailureException neither(String role, String problem, FailureException bySts) {
        return new FailureException(Failure.unanswered(role, problem + "; STS: " + bySts.failure().firstLine(null)));
    }

    private synchronized RoleSessions direct() {
        if (bySts == null) {
            bySts = direct.apply(sts);
        }
        return bySts;
    }

    private synchronized void leaveSts() {
        if (bySts != null) {
            bySts.drain();
            bySts = null;
        }
    }

    private void pause(String role, long millis) {
        try {
            clock.await(new CompletableFuture<Void>(), MILLISECONDS.toNanos(millis));
        } catch (InterruptedException interrupted) {
            throw interrupted(role);
        }
    }

    private void say(String text) {
        try {
            log.accept("plan " + plan.id() + ": " + text);
        } catch (RuntimeException | LinkageError unheard) {
            // An appender that throws changes nothing.
        }
    }

    private static FailureException interrupted(String role) {
        Thread.currentThread().interrupt();
        return new FailureException(Failure.unanswered(role, "interrupted while waiting for the driver"));
    }

    /** The driver has given no answer that can be used; the message says so as a sentence. Never leaves this class. */
    private static final class Silence extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Silence(String message) {
            super(message, null, false, false);
        }
    }

    /** The session of a role that the driver gave last. */
    private static final class Given {
        final String accessKeyId;
        private final long lifeMillis;
        private final long untilMillis;
        private final long untilNanos;

        Given(RoleSession session, Clock clock) {
            accessKeyId = session.accessKeyId();
            untilMillis = session.expiration().toEpochMilli();
            lifeMillis = untilMillis - clock.millis();
            untilNanos = clock.nanos() + MILLISECONDS.toNanos(lifeMillis);
        }

        /** Whether STS may be asked for one that is not renewed: each executor at its own time, by the clock that says less. */
        boolean isNearItsEnd(Clock clock, double share) {
            long margin = Math.min(NEAR_END_MILLIS, lifeMillis / 6);
            long left = Math.min(untilMillis - clock.millis(), NANOSECONDS.toMillis(untilNanos - clock.nanos()));
            return left <= (long) (margin * (0.5 + 0.5 * share));
        }
    }
}

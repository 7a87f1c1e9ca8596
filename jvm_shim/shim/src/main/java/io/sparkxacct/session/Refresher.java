package io.sparkxacct.session;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes attempts and leaves their outcome in the slots; keeps sessions fresh by the timer.
 *
 * <p>An attempt belongs to whoever turned an entry into one in flight, and that entry is its name: whatever goes wrong ends this
 * attempt and no later one. A hop is continued by the outcome of the one before it, the base identity being hop 0, so no thread of the
 * pool ever blocks on another fetch and a pool of one thread carries a chain of any length.
 */
final class Refresher {
    private static final Logger LOG = LoggerFactory.getLogger(Refresher.class);

    private final String planId;
    private final SessionSource source;
    private final RefreshPolicy policy;
    private final Clock clock;
    private final Scheduler scheduler;
    private final Consumer<String> warnings;
    private final Counters counters;
    private final AtomicBoolean clockWarned = new AtomicBoolean();
    private final AtomicBoolean lifeWarned = new AtomicBoolean();
    private volatile boolean drained;

    Refresher(String planId, SessionSource source, RefreshPolicy policy, Clock clock, Scheduler scheduler, Consumer<String> warnings,
              Counters counters) {
        this.planId = planId;
        this.source = source;
        this.policy = policy;
        this.clock = clock;
        this.scheduler = scheduler;
        this.warnings = warnings;
        this.counters = counters;
    }

    boolean drained() {
        return drained;
    }

    /** From now on nothing is scheduled, and each attempt that a reader causes has a thread of its own. */
    void drain(Iterable<Slot> slots) {
        drained = true;
        scheduler.close();
        for (Slot slot : slots) {
            releaseWaiters(slot);
        }
    }

    /**
     * Starts an attempt, unless {@code seen} is no longer what is known of the slot.
     *
     * @return what completes with the outcome, or null when another thread was first
     */
    CompletableFuture<Entry> start(Slot slot, Entry seen) {
        return start(slot, seen, null);
    }

    private CompletableFuture<Entry> start(Slot slot, Entry seen, RefusedKey refused) {
        Entry attempt = seen.starting(refused);
        if (!slot.entry.compareAndSet(seen, attempt)) {
            return null;
        }
        guarded(slot, attempt, () -> {
            seen.cancelTimer();
            if (slot.parent == null) {
                execute(slot, attempt, null);
            } else {
                outcome(slot.parent).thenAccept(parent -> guarded(slot, attempt, () -> assumeFrom(slot, attempt, parent)));
            }
        });
        return attempt.next;
    }

    /** Asks the base identity again when it is due: it is not kept fresh by the timer, because nobody may need it for long. */
    void startIfDue(Slot base, Entry entry) {
        if (!drained && !entry.inFlight && entry.failure == null && clock.nanos() - entry.nextAt >= 0) {
            start(base, entry);
        }
    }

    /** Refreshes a session that is refused, at most once a minute; readers are served the old one meanwhile. */
    Forced force(Slot slot, RefusedKey refused) {
        Entry entry = slot.entry.get();
        if (entry.session != null && !refused.isOf(entry.session)) {
            return Forced.REPLACED;
        }
        if (entry.inFlight) {
            return Forced.UNDER_WAY;
        }
        if (drained || entry.failure != null || entry.session == null || !slot.mayBeForced(clock.nanos(), refused.isDead())) {
            return Forced.NOT_NOW;
        }
        return start(slot, entry, refused) != null ? Forced.STARTED : Forced.UNDER_WAY;
    }

    /** Completes with an entry that carries the next hop, or with the failure of the next attempt for one. */
    private CompletableFuture<Entry> outcome(Slot slot) {
        while (true) {
            Entry entry = slot.entry.get();
            long now = clock.nanos();
            if (entry.inFlight && entry.refused != null) {
                return entry.next;
            }
            if (entry.carriesNextHop(now, clock.millis())) {
                return CompletableFuture.completedFuture(entry);
            }
            if (entry.inFlight) {
                return entry.next;
            }
            if (entry.held(now)) {
                return entry.denied || drained ? CompletableFuture.completedFuture(entry) : entry.next;
            }
            CompletableFuture<Entry> started = start(slot, entry);
            if (started != null) {
                return started;
            }
        }
    }

    private void assumeFrom(Slot slot, Entry attempt, Entry parent) {
        if (parent.carriesNextHop(clock.nanos(), clock.millis())) {
            execute(slot, attempt, parent.session);
        } else if (parent.failure != null) {
            Failure failure = slot.asRead(parent.failure);
            if (parent.denied) {
                denied(slot, attempt, failure, parent.nextAt);
            } else {
                passing(slot, attempt, failure, true);
            }
        } else {
            passing(slot, attempt, slot.parent.unanswered("its session ended before the next hop could be assumed from it"), true);
        }
    }

    private void execute(Slot slot, Entry attempt, RoleSession signer) {
        scheduler.execute(() -> guarded(slot, attempt, () -> fetch(slot, attempt, signer)));
    }

    private void fetch(Slot slot, Entry attempt, RoleSession signer) {
        long startNanos = clock.nanos();
        long startMillis = clock.millis();
        slot.attempts.incrementAndGet();
        if (!slot.isBase()) {
            counters.add(Count.FETCHES);
            if (attempt.valid(startNanos, startMillis)) {
                counters.add(Count.REFRESHES);
            }
        }
        RoleSession session;
        try {
            session = slot.isBase() ? base(attempt) : assume(slot, attempt, signer);
            if (session == null) {
                throw new IllegalStateException("the source gave no session");
            }
        } catch (FailureException refused) {
            Failure failure = refused.failure();
            counters.add(failure.kind());
            Entry parent = deniedSigner(slot, failure, signer);
            if (parent != null) {
                denied(slot, attempt, slot.asRead(parent.failure), parent.nextAt);
            } else if (failure.passes() || signerIsReplaced(slot, failure, signer) || isFirstOfTheClock(failure, attempt)) {
                passing(slot, attempt, failure, false);
            } else {
                denied(slot, attempt, failure, null);
            }
            return;
        } catch (LinkageError missing) {
            quietly(() -> LOG.debug("plan {}: {} failed", planId, slot, missing));
            counters.add(Failure.Kind.PLAN);
            String problem = "a class that STS calls need cannot be loaded: " + missing;
            denied(slot, attempt, slot.isBase() ? Failure.plan(problem, null) : slot.hop.plan(problem, null), null);
            return;
        }
        succeeded(slot, attempt, session, startNanos, startMillis);
    }

    private RoleSession base(Entry attempt) {
        if (attempt.refused != null) {
            source.forgetBase();
        }
        return source.base();
    }

    private RoleSession assume(Slot slot, Entry attempt, RoleSession signer) {
        if (attempt.refused != null) {
            source.refused(slot.role, attempt.refused);
        }
        return source.assume(slot.role, slot.hop.number(), slot.hop.hops(), signer);
    }

    /** The hop before, when STS calls its session dead and refuses to renew it: that denial is the cause. Null otherwise. */
    private static Entry deniedSigner(Slot slot, Failure failure, RoleSession signer) {
        if (slot.parent == null || !failure.isOfADeadSigner()) {
            return null;
        }
        Entry parent = slot.parent.entry.get();
        return parent.session == signer && parent.denied && !parent.inFlight ? parent : null;
    }

    /** Whether STS calls the signing session dead and another one is on its way, or already there. */
    private boolean signerIsReplaced(Slot slot, Failure failure, RoleSession signer) {
        if (slot.parent == null || !failure.isOfADeadSigner()) {
            return false;
        }
        boolean forced = force(slot.parent, RefusedKey.dead(signer.accessKeyId())) == Forced.STARTED;
        Entry parent = slot.parent.entry.get();
        // Keys of a base identity may be dead for good: then looking for others once a minute is enough.
        return forced || !slot.parent.isBase() || parent.inFlight || parent.session != signer;
    }

    /** An SDK corrects its clock by such an answer, so that the next request may be right. */
    private static boolean isFirstOfTheClock(Failure failure, Entry attempt) {
        return failure.isOfTheClock() && (attempt.failure == null || !attempt.failure.isOfTheClock());
    }

    private void succeeded(Slot slot, Entry attempt, RoleSession session, long startNanos, long startMillis) {
        Instant expiration = session.expiration();
        long asked = !slot.isBase() ? SECONDS.toNanos(slot.role.durationSeconds())
            : expiration == null ? RefreshPolicy.BASE_LIFE : RefreshPolicy.WEB_IDENTITY_LIFE;
        long left = expiration == null ? asked : MILLISECONDS.toNanos(expiration.toEpochMilli() - startMillis);
        boolean handedOn = !slot.isBase() && source.givesWholeChains();
        long life = left < RefreshPolicy.SHORTEST_LIFE && !handedOn ? asked : Math.min(asked, left);
        long nextIn = session.renewal() == null ? policy.refreshAfter(life)
            : policy.askAgainAfter(MILLISECONDS.toNanos(session.renewal().toEpochMilli() - startMillis), life);
        long took = NANOSECONDS.toMillis(clock.nanos() - startNanos);
        boolean first = slot.attempts.get() == 1;
        settle(slot, attempt, Entry.fresh(
            session, life, startNanos + life, startMillis + NANOSECONDS.toMillis(life), startNanos + nextIn));
        quietly(() -> {
            if (first) {
                LOG.info("plan {}: {} fetched in {} ms, expires {}", planId, slot, took, expiration);
            } else {
                LOG.debug("plan {}: {} fetched in {} ms, expires {}", planId, slot, took, expiration);
            }
        });
        if (handedOn) {
            return;
        }
        if (left < RefreshPolicy.SHORTEST_LIFE) {
            warnOnce(clockWarned, "the clock of this host is " + NANOSECONDS.toMinutes(asked - left)
                + " min ahead of STS: a new session looks expired; its life is counted from the request instead. Set the clock.");
        } else if (left < asked - RefreshPolicy.SHORTER_LIFE) {
            warnOnce(lifeWarned, slot + " was asked for " + NANOSECONDS.toSeconds(asked) + " s, and by the clock of this host "
                + NANOSECONDS.toSeconds(left) + " s are left at once; if STS does not give shorter sessions, set the clock.");
        }
    }

    /** Throttled, unreachable or the like: tried again by the timer. {@code inherited}: the failure is that of a hop before this one. */
    private void passing(Slot slot, Entry attempt, Failure failure, boolean inherited) {
        int count = attempt.failuresWith(false);
        Failure counted = inherited ? failure : failure.after(count);
        settle(slot, attempt, attempt.failed(counted, false, count, clock.nanos() + policy.backOff(count)));
        quietly(() -> LOG.debug("plan {}: {}", planId, counted));
    }

    /** A final answer. {@code parentRetryAt}: when it is that of a hop before this one, the end of its negative life; else null. */
    private void denied(Slot slot, Entry attempt, Failure failure, Long parentRetryAt) {
        int count = attempt.failuresWith(true);
        long now = clock.nanos();
        if (!attempt.valid(now, clock.millis())) {
            long retryAt = parentRetryAt != null ? parentRetryAt : now + RefreshPolicy.negativeLife(count);
            settle(slot, attempt, attempt.failed(failure, true, count, retryAt));
            return;
        }
        settle(slot, attempt, attempt.failed(failure, true, count, now + RefreshPolicy.suspectProbe(attempt.life)));
        if (count == 1) {
            Instant expiration = attempt.session.expiration();
            warn(slot.asRead(failure).message(null) + "\nThe session at hand serves"
                + (expiration == null ? " on for a moment." : " until " + expiration + "; probing until then."));
        }
    }

    private void settle(Slot slot, Entry attempt, Entry entry) {
        if (!slot.entry.compareAndSet(attempt, entry)) {
            return;
        }
        attempt.next.complete(entry);
        schedule(slot, entry);
        if (drained) {
            releaseWaiters(slot);
        }
    }

    private void schedule(Slot slot, Entry entry) {
        long now = clock.nanos();
        if (drained || !attemptedByTimer(slot, entry, now)) {
            return;
        }
        entry.timedBy(scheduler.after(Math.max(0, entry.nextAt - now), () -> {
            if (!drained && attemptedByTimer(slot, entry, clock.nanos())) {
                start(slot, entry);
            }
        }));
        if (slot.entry.get() != entry) {
            entry.cancelTimer();
        }
    }

    /** A denial without a session is probed only when somebody reads; so is the base identity, unless it just failed to answer. */
    private boolean attemptedByTimer(Slot slot, Entry entry, long now) {
        return (!slot.isBase() || entry.failure != null) && (!entry.denied || entry.valid(now, clock.millis()));
    }

    /** After the timer is gone, nobody may wait for an attempt that it would have made. */
    private void releaseWaiters(Slot slot) {
        while (true) {
            Entry entry = slot.entry.get();
            if (entry.inFlight) {
                return;
            }
            Entry released = entry.withoutWaiters();
            if (slot.entry.compareAndSet(entry, released)) {
                entry.next.complete(released);
                return;
            }
        }
    }

    /** An attempt that cannot begin, as when the machine has no thread left, or breaks, must not stay in flight for ever. */
    private void guarded(Slot slot, Entry attempt, Runnable step) {
        try {
            step.run();
        } catch (Throwable unexpected) {
            quietly(() -> LOG.debug("plan {}: {} failed", planId, slot, unexpected));
            if (slot.entry.get() == attempt) {
                counters.add(Failure.Kind.UNREACHABLE);
                passing(slot, attempt, slot.unanswered("the attempt ended with " + unexpected), false);
            }
        }
    }

    private void warnOnce(AtomicBoolean warned, String text) {
        if (warned.compareAndSet(false, true)) {
            warn(text);
        }
    }

    private void warn(String text) {
        quietly(() -> warnings.accept("plan " + planId + ": " + text));
    }

    /** An appender that throws is no failure of an attempt. */
    private static void quietly(Runnable log) {
        try {
            log.run();
        } catch (Exception | LinkageError unheard) {
            // There is nobody left to tell.
        }
    }
}

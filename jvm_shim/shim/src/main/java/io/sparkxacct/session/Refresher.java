package io.sparkxacct.session;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes attempts and leaves their outcome in the slots; keeps sessions fresh by the timer.
 *
 * <p>An attempt belongs to whoever turned an entry into one in flight. A hop that needs its parent is continued by the parent's
 * outcome, so no thread of the pool ever blocks on another fetch and a pool of one thread carries a chain of any length.
 */
final class Refresher {
    private static final Logger LOG = LoggerFactory.getLogger(Refresher.class);

    /** What STS answers when the session that signs the call is dead, though its time is not over. */
    private static final Set<String> DEAD_SESSION = new HashSet<>(Arrays.asList(
        "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"));

    private final String planId;
    private final SessionSource source;
    private final RefreshPolicy policy;
    private final Clock clock;
    private final Scheduler scheduler;
    private final Consumer<String> warnings;
    private final AtomicBoolean clockWarned = new AtomicBoolean();
    private volatile boolean drained;

    Refresher(String planId, SessionSource source, RefreshPolicy policy, Clock clock, Scheduler scheduler, Consumer<String> warnings) {
        this.planId = planId;
        this.source = source;
        this.policy = policy;
        this.clock = clock;
        this.scheduler = scheduler;
        this.warnings = warnings;
    }

    boolean drained() {
        return drained;
    }

    /** From now on nothing is scheduled and readers fetch on their own threads. */
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
        Entry starting = seen.starting();
        if (!slot.entry.compareAndSet(seen, starting)) {
            return null;
        }
        guarded(slot, () -> {
            if (slot.parent == null) {
                scheduler.execute(() -> assume(slot, null));
            } else {
                outcome(slot.parent).thenAccept(parent -> guarded(slot, () -> assumeFrom(slot, parent)));
            }
        });
        return starting.next;
    }

    /** Refreshes a session that S3 or STS calls dead, at most once a minute; readers are served the old one meanwhile. */
    boolean force(Slot slot) {
        Entry entry = slot.entry.get();
        long now = clock.nanos();
        long last = slot.forcedAt.get();
        if (drained || entry.inFlight || entry.failure != null || entry.session == null
            || now - last < RefreshPolicy.FORCED_INTERVAL || !slot.forcedAt.compareAndSet(last, now)) {
            return false;
        }
        return start(slot, entry) != null;
    }

    /** Completes with an entry that carries the next hop, or with the failure of the next attempt for one. */
    private CompletableFuture<Entry> outcome(Slot slot) {
        while (true) {
            Entry entry = slot.entry.get();
            long now = clock.nanos();
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

    private void assumeFrom(Slot slot, Entry parent) {
        if (parent.carriesNextHop(clock.nanos(), clock.millis())) {
            scheduler.execute(() -> assume(slot, parent.session));
        } else if (parent.failure != null) {
            failed(slot, parent.failure, parent.denied, parent.nextAt);
        } else {
            failed(slot, slot.parent.hop.unanswered("its session ended before the next hop could be assumed from it"), false, 0);
        }
    }

    private void assume(Slot slot, RoleSession parent) {
        long startNanos = clock.nanos();
        long startMillis = clock.millis();
        slot.attempts.incrementAndGet();
        RoleSession session;
        try {
            session = source.assume(slot.role, slot.hop.number(), slot.hop.hops(), parent);
            if (session == null) {
                throw new IllegalStateException("the source gave no session");
            }
        } catch (FailureException refused) {
            Failure failure = refused.failure();
            boolean passes = failure.kind() == Failure.Kind.THROTTLED || failure.kind() == Failure.Kind.UNREACHABLE;
            if (parent != null && DEAD_SESSION.contains(failure.code())) {
                force(slot.parent);
                passes = true;
            }
            failed(slot, failure, !passes, 0);
            return;
        } catch (LinkageError missing) {
            LOG.debug("plan {}: {} failed", planId, slot.hop, missing);
            failed(slot, slot.hop.plan("a class that STS calls need cannot be loaded: " + missing, null), true, 0);
            return;
        } catch (Throwable unexpected) {
            unexpected(slot, unexpected);
            return;
        }
        succeeded(slot, session, startNanos, startMillis);
    }

    private void succeeded(Slot slot, RoleSession session, long startNanos, long startMillis) {
        long asked = SECONDS.toNanos(slot.role.durationSeconds());
        long life = asked;
        Instant expiration = session.expiration();
        if (expiration != null) {
            long left = MILLISECONDS.toNanos(expiration.toEpochMilli() - startMillis);
            if (left < RefreshPolicy.SHORTEST_LIFE) {
                warnOfClock(NANOSECONDS.toMinutes(asked - left));
            } else {
                life = Math.min(asked, left);
            }
        }
        long took = NANOSECONDS.toMillis(clock.nanos() - startNanos);
        if (slot.attempts.get() == 1) {
            LOG.info("plan {}: role {}: {} assumed in {} ms, expires {}", planId, slot.role.name(), slot.hop, took, expiration);
        } else {
            LOG.debug("plan {}: role {}: {} assumed in {} ms, expires {}", planId, slot.role.name(), slot.hop, took, expiration);
        }
        settle(slot, Entry.fresh(
            session, life, startNanos + life, startMillis + NANOSECONDS.toMillis(life), startNanos + policy.refreshAfter(life)));
    }

    /** @param parentRetryAt when the denial is a parent's: the end of its negative life; else ignored */
    private void failed(Slot slot, Failure failure, boolean denied, long parentRetryAt) {
        Entry old = slot.entry.get();
        if (!old.inFlight) {
            return;
        }
        boolean inherited = failure.hop() != null && !failure.hop().role().equals(slot.role.name());
        int count = old.failuresWith(denied);
        long now = clock.nanos();
        boolean valid = old.valid(now, clock.millis());
        Entry entry;
        if (!denied) {
            entry = old.failed(inherited ? failure : failure.after(count), false, count, now + policy.backOff(count));
            LOG.debug("plan {}: {}", planId, entry.failure);
        } else if (valid) {
            entry = old.failed(failure, true, count, now + RefreshPolicy.suspectProbe(old.life));
            if (count == 1) {
                warnings.accept("plan " + planId + ": " + failure.readAs(slot.role.name(), slot.hop.hops()).message(null)
                    + "\nThe session at hand serves until " + old.session.expiration() + "; probing until then.");
            }
        } else {
            entry = old.failed(failure, true, count, inherited ? parentRetryAt : now + RefreshPolicy.negativeLife(count));
        }
        settle(slot, entry);
    }

    private void unexpected(Slot slot, Throwable unexpected) {
        LOG.debug("plan {}: {} failed", planId, slot.hop, unexpected);
        failed(slot, slot.hop.unanswered("the attempt ended with " + unexpected), false, 0);
    }

    private void settle(Slot slot, Entry entry) {
        Entry before = slot.entry.getAndSet(entry);
        before.next.complete(entry);
        schedule(slot, entry);
        if (drained) {
            releaseWaiters(slot);
        }
    }

    private void schedule(Slot slot, Entry entry) {
        long now = clock.nanos();
        if (!drained && attemptedByTimer(entry, now)) {
            scheduler.after(Math.max(0, entry.nextAt - now), () -> {
                // An entry that was replaced has another task.
                if (!drained && slot.entry.get() == entry && attemptedByTimer(entry, clock.nanos())) {
                    start(slot, entry);
                }
            });
        }
    }

    /** A denial without a session is probed only when somebody reads. */
    private boolean attemptedByTimer(Entry entry, long now) {
        return !entry.denied || entry.valid(now, clock.millis());
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

    /** An attempt that cannot even begin, as when the machine has no thread left, must not stay in flight for ever. */
    private void guarded(Slot slot, Runnable step) {
        try {
            step.run();
        } catch (Throwable unexpected) {
            unexpected(slot, unexpected);
        }
    }

    private void warnOfClock(long minutes) {
        if (clockWarned.compareAndSet(false, true)) {
            warnings.accept("plan " + planId + ": the clock of this host is " + minutes
                + " min ahead of STS: a new session looks expired; its life is counted from the request instead. Set the clock.");
        }
    }
}

package io.sparkxacct.session;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.sparkxacct.plan.Plan;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The role sessions of one plan in one JVM: fetched once, shared by all readers, refreshed before anyone must wait.
 *
 * <p>Thread-safe. Reading a valid session is one volatile read and never blocks. Nothing is fetched before the first read.
 * The states and their rules are the table in docs/architecture.md.
 */
public final class RoleSessions {
    private static final Logger LOG = LoggerFactory.getLogger(RoleSessions.class);

    private final Plan plan;
    private final Clock clock;
    private final Refresher refresher;
    private final SessionSource source;
    /** Hop 0 of every chain. */
    final Slot base;
    /** The roles; never changed after construction; parents stand before their children. */
    private final Map<String, Slot> slots;

    public RoleSessions(Plan plan, SessionSource source) {
        this(plan, source, new Counters());
    }

    RoleSessions(Plan plan, SessionSource source, Counters counters) {
        this(plan, source, RefreshPolicy.standard(), Clock.system(), new DaemonScheduler("xacct-" + plan.id(), plan.roles().size() + 1), LOG::warn,
            counters);
    }

    /** @param warnings takes what an operator should see once, one text a call */
    public RoleSessions(
            Plan plan, SessionSource source, RefreshPolicy policy, Clock clock, Scheduler scheduler, Consumer<String> warnings) {
        this(plan, source, policy, clock, scheduler, warnings, new Counters());
    }

    RoleSessions(Plan plan, SessionSource source, RefreshPolicy policy, Clock clock, Scheduler scheduler, Consumer<String> warnings,
                 Counters counters) {
        this.plan = plan;
        this.clock = clock;
        this.source = source;
        this.refresher = new Refresher(plan.id(), source, policy, clock, scheduler, warnings, counters);
        Map<String, Slot> made = new LinkedHashMap<>();
        long now = clock.nanos();
        this.base = Slot.base(now);
        for (String name : plan.roles().keySet()) {
            if (source.givesWholeChains()) {
                made.put(name, Slot.whole(plan.role(name), plan.chain(name).size(), now));
                continue;
            }
            Slot parent = base;
            for (Plan.Role hop : plan.chain(name)) {
                Slot from = parent;
                parent = made.computeIfAbsent(hop.name(), ignored -> Slot.of(hop, from, now));
            }
        }
        this.slots = made;
    }

    /**
     * The session of a role.
     *
     * <p>Returns at once while one is valid. Else waits for the one shared fetch: 30 s for the first session, 10 s later.
     * An interrupt ends only this wait and stays set on the thread.
     *
     * @throws FailureException saying which hop failed and what to do; a denial is remembered and thrown again without a call
     */
    public RoleSession get(String role) throws FailureException {
        return get(slot(role));
    }

    /** The base identity's own credentials, in the same way. They are asked for again while somebody reads them. */
    public RoleSession base() throws FailureException {
        return get(base);
    }

    /** One of {@link #slot} or {@link #base}. */
    RoleSession get(Slot slot) {
        Entry entry = slot.entry.get();
        if (!entry.serves(clock)) {
            boolean first = entry.session == null && entry.failure == null;
            return await(slot, first ? RefreshPolicy.EMPTY_WAIT : RefreshPolicy.EXPIRED_WAIT).session;
        }
        if (slot.isBase()) {
            refresher.startIfDue(slot, entry);
        }
        return entry.session;
    }

    /**
     * What can be said of a role at once, for whoever may not wait: the session at hand, or null while the one shared fetch, which this
     * starts where none is under way, has not ended.
     *
     * @throws FailureException as {@link #get(String)}; one that passes by itself says when the next attempt is, and is also told of the
     *     hop that the fetch under way waits for
     */
    public Offer offer(String role) throws FailureException {
        Slot slot = slot(role);
        while (true) {
            Entry entry = slot.entry.get();
            long now = clock.nanos();
            long left = entry.leftNanos(now, clock.millis());
            if (left > 0) {
                return offer(entry, left, now);
            }
            if (entry.inFlight) {
                Slot waitedFor = waitedFor(slot);
                Entry cause = waitedFor.entry.get();
                // A denial whose time is over is being probed: it may be final no longer.
                if (cause.failure != null && !cause.denied) {
                    throw new FailureException(readAlong(slot, waitedFor, asRead(waitedFor, cause, now)));
                }
                return null;
            }
            if (entry.held(now)) {
                throw new FailureException(asRead(slot, entry, now));
            }
            refresher.start(slot, entry);
        }
    }

    /**
     * The same for whoever may wait, but not for long: returns at once while a session serves, else waits for the one shared fetch.
     *
     * @throws FailureException as {@link #get(String)}, also when the wait is over
     */
    public Offer offer(String role, long patienceNanos) throws FailureException {
        Slot slot = slot(role);
        Entry entry = slot.entry.get();
        if (!entry.serves(clock)) {
            entry = await(slot, patienceNanos);
        }
        long now = clock.nanos();
        return offer(entry, entry.leftNanos(now, clock.millis()), now);
    }

    private static Offer offer(Entry entry, long left, long now) {
        return new Offer(entry.session, NANOSECONDS.toMillis(Math.max(0, left)), NANOSECONDS.toMillis(Math.max(0, entry.nextAt - now)));
    }

    /**
     * Fetches a new session although the present one is not over, as when S3 answers ExpiredToken or InvalidAccessKeyId.
     *
     * <p>Only where the refused session is still the one at hand; at most once a minute, on a mere doubt at most once in
     * {@link #doubtedInterval}; and not while an attempt is in flight or backing off.
     */
    public Forced forceRefresh(String role, RefusedKey refused) {
        return refresher.force(slot(role), refused);
    }

    /** Between refreshes on mere doubts. Whoever asks somebody else for whole chains costs STS nothing, and that one has an hour of its own. */
    long doubtedInterval() {
        return source.givesWholeChains() ? RefreshPolicy.FORCED_INTERVAL : RefreshPolicy.DOUBTED_INTERVAL;
    }

    /** Whether this key is of the session of a role that readers are given now. */
    boolean isAtHand(String role, String accessKeyId) {
        RoleSession session = slot(role).entry.get().session;
        return session != null && session.accessKeyId().equals(accessKeyId);
    }

    /**
     * Stops timer and threads, once and for all. Valid sessions serve on; a read that finds none causes one attempt.
     *
     * <p>Does not wait: a call to STS that is under way ends by its own time-out, and its thread with it.
     */
    public void drain() {
        refresher.drain(all());
    }

    /** The base identity ("@base") and every role of the plan at this moment, parents before their children. */
    public List<RoleStatus> snapshot() {
        List<RoleStatus> rows = new ArrayList<>();
        for (Slot slot : all()) {
            Entry entry = slot.entry.get();
            long now = clock.nanos();
            long millis = clock.millis();
            String state = refresher.drained() ? "DRAINED" : entry.state(now, millis).name();
            Instant expiration = entry.session == null ? null : entry.session.expiration();
            Long left = expiration == null ? null : Long.valueOf(NANOSECONDS.toSeconds(Math.max(0, entry.leftNanos(now, millis))));
            Failure failure = entry.failure == null ? null : asRead(slot, entry, now);
            rows.add(new RoleStatus(slot.name(), state, expiration, left, slot.attempts.get(), slot.waits.get(), failure));
        }
        return rows;
    }

    @Override
    public String toString() {
        return "RoleSessions(plan " + plan.id() + ", " + snapshot() + ")";
    }

    private List<Slot> all() {
        List<Slot> all = new ArrayList<>(slots.values());
        all.add(0, base);
        return all;
    }

    Slot slot(String role) {
        Slot slot = slots.get(role);
        if (slot == null) {
            throw new FailureException(Failure.plan(
                "the plan " + plan.id() + " holds no role \"" + role + "\"; it holds: " + String.join(", ", slots.keySet()), null));
        }
        return slot;
    }

    /** Returns what serves. */
    private Entry await(Slot slot, long patience) {
        slot.waits.incrementAndGet();
        long deadline = clock.nanos() + patience;
        while (true) {
            Entry entry = slot.entry.get();
            long now = clock.nanos();
            if (entry.valid(now, clock.millis())) {
                return entry;
            }
            boolean held = entry.held(now);
            if (!entry.inFlight && held && (entry.denied || refresher.drained() || entry.nextAt - deadline > 0)) {
                throw new FailureException(asRead(slot, entry, now));
            }
            if (now - deadline >= 0) {
                throw new FailureException(overdue(slot, patience));
            }
            if (!entry.inFlight && !held) {
                refresher.start(slot, entry);
                continue;
            }
            try {
                clock.await(entry.next, deadline - now);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new FailureException(slot.unanswered("interrupted while waiting for " + source.name()));
            }
        }
    }

    private Failure asRead(Slot slot, Entry entry, long now) {
        Failure failure = slot.asRead(entry.failure);
        long wait = entry.nextAt - now;
        return wait <= 0 ? failure : failure.retryAfter(Instant.ofEpochMilli(clock.millis() + NANOSECONDS.toMillis(wait)));
    }

    private Failure overdue(Slot slot, long patience) {
        Slot waitedFor = waitedFor(slot);
        Entry entry = waitedFor.entry.get();
        Failure failure = entry.failure != null ? asRead(waitedFor, entry, clock.nanos())
            : waitedFor.unanswered(silence(waitedFor) + inWords(patience));
        return readAlong(slot, waitedFor, failure);
    }

    /** The first hop that has no session and looks for one is the one that everybody waits for. */
    private Slot waitedFor(Slot slot) {
        Slot waitedFor = slot;
        for (Slot hop = slot.parent; hop != null; hop = hop.parent) {
            Entry entry = hop.entry.get();
            if (!entry.valid(clock.nanos(), clock.millis()) && (entry.inFlight || entry.failure != null)) {
                waitedFor = hop;
            }
        }
        return waitedFor;
    }

    private String silence(Slot waitedFor) {
        if (waitedFor.isBase()) {
            return "the base identity has not answered within ";
        }
        // Asked now: an executor decides late whom it asks.
        String name = source.name();
        return "STS".equals(name) ? "STS has not answered within " : name + " has not answered within ";
    }

    private static String inWords(long patience) {
        long millis = NANOSECONDS.toMillis(patience);
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }

    private static Failure readAlong(Slot reader, Slot failed, Failure failure) {
        return reader.asRead(reader == failed ? failure : readAlong(reader.parent, failed, failure));
    }
}

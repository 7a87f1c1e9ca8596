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
    private final SessionSource source;
    private final Clock clock;
    private final Refresher refresher;
    /** Never changed after construction; parents stand before their children. */
    private final Map<String, Slot> slots;

    public RoleSessions(Plan plan, SessionSource source) {
        this(plan, source, RefreshPolicy.standard(), Clock.system(), new DaemonScheduler("xacct-" + plan.id(), plan.roles().size()), LOG::warn);
    }

    /** @param warnings takes what an operator should see once, one text a call */
    public RoleSessions(
            Plan plan, SessionSource source, RefreshPolicy policy, Clock clock, Scheduler scheduler, Consumer<String> warnings) {
        this.plan = plan;
        this.source = source;
        this.clock = clock;
        this.refresher = new Refresher(plan.id(), source, policy, clock, scheduler, warnings);
        Map<String, Slot> made = new LinkedHashMap<>();
        long now = clock.nanos();
        for (String name : plan.roles().keySet()) {
            Slot parent = null;
            for (Plan.Role hop : plan.chain(name)) {
                Slot from = parent;
                parent = made.computeIfAbsent(hop.name(), ignored -> new Slot(hop, from, now));
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
        Slot slot = slot(role);
        Entry entry = slot.entry.get();
        if (entry.serves(clock)) {
            return entry.session;
        }
        return await(slot, entry);
    }

    /** The base identity's own credentials, asked of the source at each call. */
    public RoleSession base() throws FailureException {
        return source.base();
    }

    /**
     * Fetches a new session although the present one is not over, as when S3 answers ExpiredToken or InvalidAccessKeyId.
     *
     * @return false when nothing was started: at most once a minute, and not while an attempt is in flight or backing off
     */
    public boolean forceRefresh(String role) {
        return refresher.force(slot(role));
    }

    /**
     * Stops timer and threads, once and for all. Valid sessions serve on; a read that finds none fetches on its own thread.
     *
     * <p>Does not wait: a call to STS that is under way ends by its own time-out, and its thread with it.
     */
    public void drain() {
        refresher.drain(slots.values());
    }

    /** Every role of the plan at this moment, parents before their children. */
    public List<RoleStatus> snapshot() {
        List<RoleStatus> rows = new ArrayList<>();
        for (Slot slot : slots.values()) {
            Entry entry = slot.entry.get();
            long now = clock.nanos();
            String state = refresher.drained() ? "DRAINED" : entry.state(now, clock.millis()).name();
            Instant expiration = entry.session == null ? null : entry.session.expiration();
            Failure failure = entry.failure == null ? null : asRead(slot, entry, now);
            rows.add(new RoleStatus(slot.role.name(), state, expiration, slot.attempts.get(), slot.waits.get(), failure));
        }
        return rows;
    }

    @Override
    public String toString() {
        return "RoleSessions(plan " + plan.id() + ", " + snapshot() + ")";
    }

    private Slot slot(String role) {
        Slot slot = slots.get(role);
        if (slot == null) {
            throw new FailureException(Failure.plan(
                "the plan " + plan.id() + " holds no role \"" + role + "\"; it holds: " + String.join(", ", slots.keySet()), null));
        }
        return slot;
    }

    private RoleSession await(Slot slot, Entry found) {
        slot.waits.incrementAndGet();
        long patience = found.session == null && found.failure == null ? RefreshPolicy.EMPTY_WAIT : RefreshPolicy.EXPIRED_WAIT;
        long deadline = clock.nanos() + patience;
        while (true) {
            Entry entry = slot.entry.get();
            long now = clock.nanos();
            if (entry.valid(now, clock.millis())) {
                return entry.session;
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
                throw new FailureException(slot.hop.unanswered("interrupted while waiting for STS"));
            }
        }
    }

    private Failure asRead(Slot slot, Entry entry, long now) {
        Failure failure = entry.failure.readAs(slot.role.name(), slot.hop.hops());
        long wait = entry.nextAt - now;
        return wait <= 0 ? failure : failure.retryAfter(Instant.ofEpochMilli(clock.millis() + NANOSECONDS.toMillis(wait)));
    }

    /** The first hop that has no session is the one that everybody waits for. */
    private Failure overdue(Slot slot, long patience) {
        Slot waitedFor = slot;
        for (Slot hop = slot; hop != null; hop = hop.parent) {
            if (!hop.entry.get().valid(clock.nanos(), clock.millis())) {
                waitedFor = hop;
            }
        }
        Entry entry = waitedFor.entry.get();
        if (entry.failure != null) {
            Failure failure = asRead(waitedFor, entry, clock.nanos());
            return failure.readAs(slot.role.name(), slot.hop.hops());
        }
        return waitedFor.hop.unanswered("STS has not answered within " + NANOSECONDS.toSeconds(patience) + " s")
            .readAs(slot.role.name(), slot.hop.hops());
    }
}

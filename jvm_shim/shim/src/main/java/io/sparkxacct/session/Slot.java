package io.sparkxacct.session;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** The place of one role, or of the base identity, in a JVM: its current {@link Entry}, and the slot of what it is assumed from. */
final class Slot {
    /** Null for the base identity, which is hop 0. */
    final Plan.Role role;
    /** Null for the base identity, and for a role whose chain comes whole. */
    final Slot parent;
    /** The role's own place in its chain, which is also the length of that chain. Null for the base identity. */
    final Hop hop;
    final AtomicReference<Entry> entry = new AtomicReference<>(Entry.empty());
    /** Calls of the source so far. */
    final AtomicLong attempts = new AtomicLong();
    /** Readers so far that had to wait. */
    final AtomicLong waits = new AtomicLong();
    private final long doubtedInterval;
    private final AtomicLong forcedAt;
    private final AtomicLong doubtedAt;

    private Slot(Plan.Role role, Slot parent, Hop hop, long now, long doubtedInterval) {
        this.role = role;
        this.parent = parent;
        this.hop = hop;
        this.forcedAt = new AtomicLong(now - RefreshPolicy.FORCED_INTERVAL);
        this.doubtedInterval = doubtedInterval;
        this.doubtedAt = new AtomicLong(now - doubtedInterval);
    }

    static Slot base(long now) {
        return new Slot(null, null, null, now, RefreshPolicy.DOUBTED_INTERVAL);
    }

    static Slot of(Plan.Role role, Slot parent, long now) {
        int number = parent.isBase() ? 1 : parent.hop.number() + 1;
        return new Slot(role, parent, new Hop(role.name(), number, number, role.roleArn()), now, RefreshPolicy.DOUBTED_INTERVAL);
    }

    /** A role whose session its source gives as one, at the end of a chain of {@code hops}; asking that costs STS nothing. */
    static Slot whole(Plan.Role role, int hops, long now) {
        return new Slot(role, null, new Hop(role.name(), hops, hops, role.roleArn()), now, RefreshPolicy.FORCED_INTERVAL);
    }

    /** Whether a refresh may be forced now; true to one caller only. {@code dead}: for more than a doubt. */
    boolean mayBeForced(long now, boolean dead) {
        long forced = forcedAt.get();
        long doubted = doubtedAt.get();
        return now - forced >= RefreshPolicy.FORCED_INTERVAL && (dead || now - doubted >= doubtedInterval)
            && forcedAt.compareAndSet(forced, now) && (dead || doubtedAt.compareAndSet(doubted, now));
    }

    boolean isBase() {
        return role == null;
    }

    /** The role's name, or the plan's word for the base identity. */
    String name() {
        return isBase() ? Keys.TARGET_BASE : role.name();
    }

    /** A failure, of this slot or of one before it, as whoever reads this slot sees it. */
    Failure asRead(Failure failure) {
        return isBase() ? failure : failure.readAs(hop);
    }

    /** An end of the wait or of the attempt that is no answer. */
    Failure unanswered(String problem) {
        return isBase() ? Failure.unanswered(problem) : hop.unanswered(problem);
    }

    @Override
    public String toString() {
        return isBase() ? "the base identity" : "role " + role.name() + ": " + hop;
    }
}

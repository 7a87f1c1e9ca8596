package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** The place of one role in a JVM: its current {@link Entry}, and the slot of the role it is assumed from. */
final class Slot {
    final Plan.Role role;
    /** Null when the role is assumed from the base identity. */
    final Slot parent;
    /** The role's own place in its chain, which is also the length of that chain. */
    final Hop hop;
    final AtomicReference<Entry> entry = new AtomicReference<>(Entry.empty());
    /** Calls of the source so far. */
    final AtomicLong attempts = new AtomicLong();
    /** Readers so far that had to wait. */
    final AtomicLong waits = new AtomicLong();
    final AtomicLong forcedAt;

    Slot(Plan.Role role, Slot parent, long now) {
        this.role = role;
        this.parent = parent;
        int number = parent == null ? 1 : parent.hop.number() + 1;
        this.hop = new Hop(role.name(), number, number, role.roleArn());
        this.forcedAt = new AtomicLong(now - RefreshPolicy.FORCED_INTERVAL);
    }
}

package io.sparkxacct.session;

/** A session as it is handed on at one moment: with what is left of it, so that no other machine's clock has a say. Immutable. */
public final class Offer {
    private final RoleSession session;
    private final long leftMillis;
    private final long renewalMillis;

    public Offer(RoleSession session, long leftMillis, long renewalMillis) {
        this.session = session;
        this.leftMillis = leftMillis;
        this.renewalMillis = renewalMillis;
    }

    public RoleSession session() {
        return session;
    }

    /** For how long it serves. */
    public long leftMillis() {
        return leftMillis;
    }

    /** In how long its owner will look for the next one. */
    public long renewalMillis() {
        return renewalMillis;
    }

    @Override
    public String toString() {
        return "Offer(" + session + ", " + leftMillis + " ms left)";
    }
}

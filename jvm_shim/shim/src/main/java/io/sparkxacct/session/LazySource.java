package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.util.function.Supplier;

/** A source that is opened at its first use: an executor whose driver answers never needs STS, nor the SDK's module for it. */
final class LazySource implements SessionSource, AutoCloseable {
    private final OpenedOnce<SessionSource> opened;

    /** @param opener may throw FailureException, at each use until it succeeds */
    LazySource(Supplier<SessionSource> opener) {
        this.opened = new OpenedOnce<>(opener, LazySource::close);
    }

    @Override
    public RoleSession assume(Plan.Role role, int hop, int hops, RoleSession signer) {
        return opened.get().assume(role, hop, hops, signer);
    }

    @Override
    public RoleSession base() {
        return opened.get().base();
    }

    @Override
    public String callerArn(RoleSession session) {
        return opened.get().callerArn(session);
    }

    @Override
    public void forgetBase() {
        opened.get().forgetBase();
    }

    @Override
    public void close() {
        opened.close();
    }

    private static void close(SessionSource source) {
        if (source instanceof AutoCloseable) {
            try {
                ((AutoCloseable) source).close();
            } catch (Exception nobodyWaitsForIt) {
                // Nothing is asked of it again.
            }
        }
    }
}

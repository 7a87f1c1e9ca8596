package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;

/**
 * Where role sessions come from.
 *
 * <p>Implementations block, make one attempt and are called from several threads at once.
 */
public interface SessionSource {

    /**
     * Assumes one role.
     *
     * @param hop number of this hop, from 1
     * @param hops length of the chain that ends at this role
     * @param signer session that signs the call: of the hop before, or of the base identity; null where chains come whole
     */
    RoleSession assume(Plan.Role role, int hop, int hops, RoleSession signer) throws FailureException;

    /** The base identity's own credentials; the same instance as long as they are the same. An expiration says that they were made now. */
    RoleSession base() throws FailureException;

    /** The ARN that GetCallerIdentity answers for a session. */
    default String callerArn(RoleSession session) throws FailureException {
        throw new FailureException(Failure.plan(name() + " does not tell who a session is", null));
    }

    /** The session of this key, which it gave, is refused: assume() must look for another one next. */
    default void refused(Plan.Role role, RefusedKey key) {
    }

    /** Whether a role's session comes whole, however long its chain is: no hop is assumed from another one in this JVM. */
    default boolean givesWholeChains() {
        return false;
    }

    /** Who has not answered, when nobody has. */
    default String name() {
        return "STS";
    }

    /** Where role sessions come from, and why, as the status tells it. */
    default String origin() {
        return name();
    }

    /** What is known of the base identity's credentials is wrong: the next call of base() must look for them anew. */
    default void forgetBase() {
    }
}

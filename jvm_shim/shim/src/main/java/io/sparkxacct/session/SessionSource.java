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
     * @param parent session that signs the call; null is the base identity
     */
    RoleSession assume(Plan.Role role, int hop, int hops, RoleSession parent) throws FailureException;

    /** The base identity's own credentials; called at every read, so the implementation keeps what is costly. */
    RoleSession base() throws FailureException;
}

package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;

/** Role sessions straight from STS. Asserts once that the base identity is the declared one, before its credentials serve anything. */
public final class StsSource implements SessionSource, AutoCloseable {
    private final StsInputs inputs;
    private final StsLine line;
    private volatile boolean baseIsAsDeclared;

    public StsSource(StsInputs inputs, StsLine line) {
        this.inputs = inputs;
        this.line = line;
        this.baseIsAsDeclared = inputs.plan().base().arn() == null;
    }

    @Override
    public RoleSession assume(Plan.Role role, int number, int hops, RoleSession parent) {
        Hop hop = new Hop(role.name(), number, hops, role.roleArn());
        AssumeRoleFields fields = new AssumeRoleFields(role, inputs.sessionName(role), inputs.externalId(role, hop));
        RoleSession signer = parent != null ? parent : base(hop);
        try {
            return line.assumeRole(fields, signer);
        } catch (StsException error) {
            throw new FailureException(error.at(hop, caller(role), inputs.address()));
        }
    }

    @Override
    public RoleSession base() {
        return base(null);
    }

    @Override
    public void close() {
        line.close();
    }

    private RoleSession base(Hop hop) {
        RoleSession base;
        try {
            base = line.baseCredentials();
        } catch (FailureException known) {
            throw known;
        } catch (Exception | LinkageError none) {
            throw missing(hop, "the base identity (" + inputs.plan().base().kind() + ") gives no credentials: " + (none.getMessage() == null ? none : none.getMessage()),
                "run this process with it, or change base: in the declaration");
        }
        if (!baseIsAsDeclared) {
            assertDeclared(hop, base);
            baseIsAsDeclared = true;
        }
        return base;
    }

    private void assertDeclared(Hop hop, RoleSession base) {
        String declared = inputs.plan().base().arn();
        String actual;
        try {
            actual = line.callerArn(base);
        } catch (StsException error) {
            if (hop != null) {
                throw new FailureException(error.at(hop, declared, inputs.address()));
            }
            throw missing(null, "the base identity could not be compared with base.arn: STS at " + inputs.address()
                + " said " + error.getMessage(), null);
        }
        if (!CallerIdentity.is(actual, declared)) {
            throw missing(hop, "the base identity is " + actual + ", the declaration says " + declared + " (base.arn)",
                "fix the identity this process runs with, or base.arn");
        }
    }

    private static FailureException missing(Hop hop, String problem, String advice) {
        return new FailureException(hop == null ? Failure.baseMissing(problem, advice) : hop.baseMissing(problem, advice));
    }

    /** Who signs the AssumeRole of a role; null when the declaration does not say who the base identity is. */
    private String caller(Plan.Role role) {
        return role.via() == null ? inputs.plan().base().arn() : inputs.plan().role(role.via()).roleArn();
    }
}

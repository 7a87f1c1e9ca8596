package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.concurrent.atomic.AtomicInteger;

/** Role sessions straight from STS. Asserts that the base identity is the declared one, before any credentials of it serve anything. */
public final class StsSource implements SessionSource, AutoCloseable {
    private static final String FIX = "run this process with it, or change base: in the declaration";
    private static final String DEFAULT_CHAIN = "emr-runtime-role";
    private static final int PASSING_SILENCES = 2;

    private final StsInputs inputs;
    private final StsLine line;
    /** The base identity's credentials that were last found to be of the declared one. */
    private volatile RoleSession asserted;
    /** How often in a row nobody said why there are no credentials. */
    private final AtomicInteger silences = new AtomicInteger();

    public StsSource(StsInputs inputs, StsLine line) {
        this.inputs = inputs;
        this.line = line;
    }

    @Override
    public RoleSession assume(Plan.Role role, int number, int hops, RoleSession signer) {
        Hop hop = new Hop(role.name(), number, hops, role.roleArn(), role.externalId() != null);
        AssumeRoleFields fields = new AssumeRoleFields(role, inputs.sessionName(role), inputs.externalId(role, hop));
        try {
            return line.assumeRole(fields, signer);
        } catch (StsException error) {
            throw new FailureException(error.at(hop, caller(role), inputs.address()));
        }
    }

    @Override
    public RoleSession base() {
        RoleSession base;
        try {
            base = line.baseCredentials();
        } catch (FailureException known) {
            throw known;
        } catch (Exception | LinkageError none) {
            // Exception, because Scala and Kotlin throw checked ones that no signature names.
            throw new FailureException(noCredentials(none));
        }
        silences.set(0);
        String declared = inputs.plan().base().arn();
        // The same instance comes as long as nothing changes, and equal keys are the same identity's.
        if (declared != null && base != asserted && !base.hasTheKeysOf(asserted)) {
            assertIs(declared, base);
            asserted = base;
        }
        return base;
    }

    @Override
    public String callerArn(RoleSession session) {
        try {
            return line.callerArn(session);
        } catch (StsException error) {
            throw new FailureException(Failure.ofBase(error.kind(), "GetCallerIdentity: " + error.problem(inputs.address()), null, error.code(), error.stsMessage()));
        }
    }

    @Override
    public String origin() {
        return "STS at " + inputs.address() + " by " + line.sdk();
    }

    @Override
    public void forgetBase() {
        try {
            line.forgetBase();
        } catch (Exception | LinkageError broken) {
            // What is wrong with it is said by the question that follows.
        }
    }

    @Override
    public void close() {
        line.close();
    }

    private Failure noCredentials(Throwable thrown) {
        String problem = "the base identity (" + inputs.plan().base().kind() + ") gives no credentials: "
            + (thrown.getMessage() == null ? thrown : thrown.getMessage());
        return line.passes(thrown) || isOutage(thrown) || isOneOfTheFirstSilences(thrown)
            ? Failure.ofBase(Failure.Kind.UNREACHABLE, problem, null, null, null)
            : Failure.ofBase(Failure.Kind.BASE_MISSING, problem, FIX, null, null);
    }

    /** What comes from a network passes by itself; a file that is not there does not. */
    private static boolean isOutage(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause() == cause ? null : cause.getCause()) {
            if (cause instanceof IOException && !(cause instanceof FileNotFoundException) && !(cause instanceof FileSystemException)) {
                return true;
            }
        }
        return false;
    }

    /** The default chain says the same whether a network hiccuped or there is no identity: only the third time in a row it is final. */
    private boolean isOneOfTheFirstSilences(Throwable thrown) {
        return DEFAULT_CHAIN.equals(inputs.plan().base().kind()) && line.isSilent(thrown) && silences.incrementAndGet() <= PASSING_SILENCES;
    }

    private void assertIs(String declared, RoleSession base) {
        String actual;
        try {
            actual = line.callerArn(base);
        } catch (StsException error) {
            Failure.Kind kind = error.kind() == Failure.Kind.DENIED ? Failure.Kind.BASE_MISSING : error.kind();
            String problem = kind == Failure.Kind.BASE_MISSING
                ? "GetCallerIdentity at " + inputs.address() + " was " + error.problem(inputs.address())
                : error.problem(inputs.address());
            throw new FailureException(Failure.ofBase(
                kind, "the base identity could not be compared with base.arn: " + problem, null, error.code(), error.stsMessage()));
        }
        if (!CallerIdentity.is(actual, declared)) {
            throw new FailureException(Failure.ofBase(Failure.Kind.BASE_MISSING,
                "the base identity is " + (actual == null ? "unknown to STS" : actual) + ", the declaration says " + declared + " (base.arn)",
                "fix the identity this process runs with, or base.arn", null, null));
        }
    }

    /** Who signs the AssumeRole of a role; null when the declaration does not say who the base identity is. */
    private String caller(Plan.Role role) {
        return role.via() == null ? inputs.plan().base().arn() : inputs.plan().role(role.via()).roleArn();
    }
}

package io.sparkxacct.session;

/**
 * One AWS SDK: the three things that need it. Thread-safe; each call is one attempt and blocks for some seconds at most.
 *
 * <p>Implementations are found by name (see {@link StsLines}) and have a public constructor that takes {@link StsInputs},
 * calls nobody and throws nothing.
 */
public interface StsLine extends AutoCloseable {
    /** How logs and messages call this SDK. */
    String sdk();

    /**
     * The base identity's own credentials, the same instance as long as they are the same. Throws what the provider throws.
     *
     * <p>They have an expiration only when they were made now, for this call.
     */
    RoleSession baseCredentials();

    /** Makes the base identity's provider anew at the next call. Not while one is under way. */
    void forgetBase();

    /** Whether what the base identity's provider threw is an answer of a server that will pass by itself. */
    boolean passes(Throwable thrown);

    /** Whether the SDK gives up without a cause, as its default chain does: that drops what its members say. */
    boolean isSilent(Throwable thrown);

    /** AssumeRole, signed by {@code signer}. */
    RoleSession assumeRole(AssumeRoleFields fields, RoleSession signer) throws StsException;

    /** The ARN that GetCallerIdentity answers for {@code signer}. */
    String callerArn(RoleSession signer) throws StsException;

    /** Lets go of connections, for good: calls after it fail. */
    @Override
    void close();
}

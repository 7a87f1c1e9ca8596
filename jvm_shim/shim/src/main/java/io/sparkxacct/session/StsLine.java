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

    /** The base identity's own credentials. Throws what the provider throws. */
    RoleSession baseCredentials();

    /** AssumeRole, signed by {@code signer}. */
    RoleSession assumeRole(AssumeRoleFields fields, RoleSession signer) throws StsException;

    /** The ARN that GetCallerIdentity answers for {@code signer}. */
    String callerArn(RoleSession signer) throws StsException;

    /** Lets go of connections; calls after it may fail. */
    @Override
    void close();
}

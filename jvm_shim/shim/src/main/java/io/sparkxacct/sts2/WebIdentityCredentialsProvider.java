package io.sparkxacct.sts2;

import io.sparkxacct.session.OpenedOnce;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.StsException;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.session.WebIdentity;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.services.sts.StsClient;

/** Base identity "irsa": AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, at the plan's STS. Do not move: plans carry the name. */
public final class WebIdentityCredentialsProvider implements AwsCredentialsProvider, AutoCloseable {
    private final OpenedOnce<StsClient> client;
    private final WebIdentity identity;

    WebIdentityCredentialsProvider(StsInputs inputs) {
        this.client = new OpenedOnce<>(() -> StsClients.open(inputs), StsClient::close);
        this.identity = new WebIdentity(inputs, this::assume);
    }

    /** A new session with its expiration. Throws FailureException. */
    RoleSession session() {
        return identity.session();
    }

    @Override
    public AwsCredentials resolveCredentials() {
        RoleSession session = session();
        return AwsSessionCredentials.create(session.accessKeyId(), session.secretAccessKey(), session.sessionToken());
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public String toString() {
        return "WebIdentityCredentialsProvider";
    }

    private RoleSession assume(String roleArn, String roleSessionName, String token) throws StsException {
        return Sts2Line.answered(() -> Sts2Line.session(client.get().assumeRoleWithWebIdentity(
            request -> request.roleArn(roleArn).roleSessionName(roleSessionName).webIdentityToken(token)).credentials()));
    }
}

package io.sparkxacct.sts1;

import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.BasicSessionCredentials;
import com.amazonaws.services.securitytoken.AWSSecurityTokenService;
import com.amazonaws.services.securitytoken.model.AssumeRoleWithWebIdentityRequest;
import io.sparkxacct.session.OpenedOnce;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.StsException;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.session.WebIdentity;

/** Base identity "irsa": AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, at the plan's STS. Do not move: plans carry the name. */
public final class WebIdentityCredentialsProvider implements AWSCredentialsProvider, AutoCloseable {
    private final OpenedOnce<AWSSecurityTokenService> client;
    private final WebIdentity identity;

    WebIdentityCredentialsProvider(StsInputs inputs) {
        this.client = new OpenedOnce<>(() -> StsClients.open(inputs), AWSSecurityTokenService::shutdown);
        this.identity = new WebIdentity(inputs, this::assume);
    }

    /** A new session with its expiration. Throws FailureException. */
    RoleSession session() {
        return identity.session();
    }

    @Override
    public AWSCredentials getCredentials() {
        RoleSession session = session();
        return new BasicSessionCredentials(session.accessKeyId(), session.secretAccessKey(), session.sessionToken());
    }

    /** Does nothing: sessions are renewed by their age. */
    @Override
    public void refresh() {
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
        return Sts1Line.answered(() -> Sts1Line.session(client.get().assumeRoleWithWebIdentity(new AssumeRoleWithWebIdentityRequest()
            .withRoleArn(roleArn).withRoleSessionName(roleSessionName).withWebIdentityToken(token)).getCredentials()));
    }
}

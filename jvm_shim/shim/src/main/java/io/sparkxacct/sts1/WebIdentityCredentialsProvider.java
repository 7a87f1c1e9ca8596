package io.sparkxacct.sts1;

import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.BasicSessionCredentials;
import com.amazonaws.services.securitytoken.AWSSecurityTokenService;
import com.amazonaws.services.securitytoken.model.AssumeRoleWithWebIdentityRequest;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.StsException;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.session.WebIdentity;

/** Base identity "irsa": AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, at the plan's STS. Do not move: plans carry the name. */
public final class WebIdentityCredentialsProvider implements AWSCredentialsProvider, AutoCloseable {
    private final Unsigned call;
    private final WebIdentity identity;

    WebIdentityCredentialsProvider(StsInputs inputs) {
        this.call = new Unsigned(inputs);
        this.identity = new WebIdentity(inputs, call);
    }

    @Override
    public AWSCredentials getCredentials() {
        RoleSession session = identity.session();
        return new BasicSessionCredentials(session.accessKeyId(), session.secretAccessKey(), session.sessionToken());
    }

    /** Does nothing: sessions are renewed by their age. */
    @Override
    public void refresh() {
    }

    @Override
    public void close() {
        call.close();
    }

    @Override
    public String toString() {
        return "WebIdentityCredentialsProvider";
    }

    /** Opened at the first call, under WebIdentity's own lock. */
    private static final class Unsigned implements WebIdentity.Call {
        private final StsInputs inputs;
        private volatile AWSSecurityTokenService client;

        Unsigned(StsInputs inputs) {
            this.inputs = inputs;
        }

        @Override
        public RoleSession assume(String roleArn, String roleSessionName, String token) throws StsException {
            if (client == null) {
                client = StsClients.open(inputs);
            }
            return Sts1Line.answered(() -> Sts1Line.session(client.assumeRoleWithWebIdentity(new AssumeRoleWithWebIdentityRequest()
                .withRoleArn(roleArn).withRoleSessionName(roleSessionName).withWebIdentityToken(token)).getCredentials()));
        }

        void close() {
            if (client != null) {
                client.shutdown();
                client = null;
            }
        }
    }
}

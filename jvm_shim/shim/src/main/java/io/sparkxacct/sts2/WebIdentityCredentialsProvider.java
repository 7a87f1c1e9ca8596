package io.sparkxacct.sts2;

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
    private final Unsigned call;
    private final WebIdentity identity;

    WebIdentityCredentialsProvider(StsInputs inputs) {
        this.call = new Unsigned(inputs);
        this.identity = new WebIdentity(inputs, call);
    }

    @Override
    public AwsCredentials resolveCredentials() {
        RoleSession session = identity.session();
        return AwsSessionCredentials.create(session.accessKeyId(), session.secretAccessKey(), session.sessionToken());
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
        private volatile StsClient client;

        Unsigned(StsInputs inputs) {
            this.inputs = inputs;
        }

        @Override
        public RoleSession assume(String roleArn, String roleSessionName, String token) throws StsException {
            if (client == null) {
                client = StsClients.open(inputs);
            }
            return Sts2Line.answered(() -> Sts2Line.session(client.assumeRoleWithWebIdentity(
                request -> request.roleArn(roleArn).roleSessionName(roleSessionName).webIdentityToken(token)).credentials()));
        }

        void close() {
            if (client != null) {
                client.close();
                client = null;
            }
        }
    }
}

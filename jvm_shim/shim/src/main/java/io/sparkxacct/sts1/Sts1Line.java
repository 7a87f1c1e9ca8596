package io.sparkxacct.sts1;

import com.amazonaws.AmazonServiceException;
import com.amazonaws.SdkClientException;
import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.AWSSessionCredentials;
import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.auth.BasicSessionCredentials;
import com.amazonaws.services.securitytoken.AWSSecurityTokenService;
import com.amazonaws.services.securitytoken.model.AssumeRoleRequest;
import com.amazonaws.services.securitytoken.model.Credentials;
import com.amazonaws.services.securitytoken.model.GetCallerIdentityRequest;
import com.amazonaws.services.securitytoken.model.PolicyDescriptorType;
import com.amazonaws.services.securitytoken.model.Tag;
import io.sparkxacct.session.AssumeRoleFields;
import io.sparkxacct.session.BaseProvider;
import io.sparkxacct.session.OpenedOnce;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.StsException;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.session.StsLine;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** STS and the base identity by AWS SDK v1. Found by name. */
public final class Sts1Line implements StsLine {
    /** From here on HTTP errors pass by themselves: too many requests, and those of the server. */
    private static final int HTTP_TOO_MANY = 429;

    private final OpenedOnce<AWSSecurityTokenService> client;
    private final OpenedOnce<BaseProvider<AWSCredentialsProvider>> base;

    public Sts1Line(StsInputs inputs) {
        this.client = new OpenedOnce<>(() -> StsClients.open(inputs), AWSSecurityTokenService::shutdown);
        this.base = new OpenedOnce<>(() -> BaseIdentity.load(inputs), BaseProvider::close);
    }

    @Override
    public String sdk() {
        return "AWS SDK v1";
    }

    @Override
    public RoleSession baseCredentials() {
        BaseProvider<AWSCredentialsProvider> found = base.get();
        if (found.get() instanceof WebIdentityCredentialsProvider) {
            return ((WebIdentityCredentialsProvider) found.get()).session();
        }
        AWSCredentials credentials = found.get().getCredentials();
        if (credentials == null) {
            throw new IllegalStateException("its provider answers null");
        }
        String token = credentials instanceof AWSSessionCredentials ? ((AWSSessionCredentials) credentials).getSessionToken() : null;
        return found.answered(credentials.getAWSAccessKeyId(), credentials.getAWSSecretKey(), token);
    }

    @Override
    public void forgetBase() {
        try {
            // One that a factory shares is the same afterwards.
            base.get().get().refresh();
        } finally {
            base.forget();
        }
    }

    @Override
    public boolean passes(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause() == cause ? null : cause.getCause()) {
            if (cause instanceof AmazonServiceException && ((AmazonServiceException) cause).getStatusCode() >= HTTP_TOO_MANY) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean isSilent(Throwable thrown) {
        return thrown instanceof SdkClientException && !(thrown instanceof AmazonServiceException) && thrown.getCause() == null;
    }

    @Override
    public RoleSession assumeRole(AssumeRoleFields fields, RoleSession signer) throws StsException {
        AssumeRoleRequest request = new AssumeRoleRequest()
            .withRoleArn(fields.roleArn())
            .withRoleSessionName(fields.roleSessionName())
            .withDurationSeconds(fields.durationSeconds())
            .withExternalId(fields.externalId())
            .withSourceIdentity(fields.sourceIdentity())
            .withPolicy(fields.policy())
            .withRequestCredentialsProvider(signing(signer));
        // The SDK sends an empty list as a parameter of its own, which STS refuses.
        if (!fields.tags().isEmpty()) {
            request.setTags(fields.tags().entrySet().stream()
                .map(tag -> new Tag().withKey(tag.getKey()).withValue(tag.getValue()))
                .collect(Collectors.toList()));
        }
        if (!fields.transitiveTagKeys().isEmpty()) {
            request.setTransitiveTagKeys(fields.transitiveTagKeys());
        }
        if (!fields.policyArns().isEmpty()) {
            request.setPolicyArns(fields.policyArns().stream()
                .map(arn -> new PolicyDescriptorType().withArn(arn))
                .collect(Collectors.toList()));
        }
        return answered(() -> session(client.get().assumeRole(request).getCredentials()));
    }

    @Override
    public String callerArn(RoleSession signer) throws StsException {
        return answered(() -> client.get()
            .getCallerIdentity(new GetCallerIdentityRequest().withRequestCredentialsProvider(signing(signer)))
            .getArn());
    }

    @Override
    public void close() {
        client.close();
        base.close();
    }

    static <T> T answered(Supplier<T> call) throws StsException {
        try {
            return call.get();
        } catch (AmazonServiceException error) {
            throw StsException.answered(error.getStatusCode(), error.getErrorCode(), error.getErrorMessage());
        } catch (SdkClientException noAnswer) {
            throw StsException.unreachable(noAnswer);
        }
    }

    static RoleSession session(Credentials credentials) {
        return new RoleSession(credentials.getAccessKeyId(), credentials.getSecretAccessKey(), credentials.getSessionToken(),
            credentials.getExpiration().toInstant());
    }

    private static AWSCredentialsProvider signing(RoleSession signer) {
        return new AWSStaticCredentialsProvider(signer.sessionToken() == null
            ? new BasicAWSCredentials(signer.accessKeyId(), signer.secretAccessKey())
            : new BasicSessionCredentials(signer.accessKeyId(), signer.secretAccessKey(), signer.sessionToken()));
    }
}

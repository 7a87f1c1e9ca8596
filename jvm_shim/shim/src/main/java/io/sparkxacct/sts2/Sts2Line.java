package io.sparkxacct.sts2;

import io.sparkxacct.session.AssumeRoleFields;
import io.sparkxacct.session.BaseProvider;
import io.sparkxacct.session.OpenedOnce;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.StsException;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.session.StsLine;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkServiceException;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;
import software.amazon.awssdk.services.sts.model.Credentials;
import software.amazon.awssdk.services.sts.model.PolicyDescriptorType;
import software.amazon.awssdk.services.sts.model.Tag;

/** STS and the base identity by AWS SDK v2. Found by name. */
public final class Sts2Line implements StsLine {
    /** From here on HTTP errors pass by themselves: too many requests, and those of the server. */
    private static final int HTTP_TOO_MANY = 429;

    private final OpenedOnce<StsClient> client;
    private final OpenedOnce<BaseProvider<AwsCredentialsProvider>> base;

    public Sts2Line(StsInputs inputs) {
        this.client = new OpenedOnce<>(() -> StsClients.open(inputs), StsClient::close);
        this.base = new OpenedOnce<>(() -> BaseIdentity.load(inputs), BaseProvider::close);
    }

    @Override
    public String sdk() {
        return "AWS SDK v2";
    }

    @Override
    public RoleSession baseCredentials() {
        BaseProvider<AwsCredentialsProvider> found = base.get();
        if (found.get() instanceof WebIdentityCredentialsProvider) {
            return ((WebIdentityCredentialsProvider) found.get()).session();
        }
        AwsCredentials credentials = found.get().resolveCredentials();
        if (credentials == null) {
            throw new IllegalStateException("its provider answers null");
        }
        String token = credentials instanceof AwsSessionCredentials ? ((AwsSessionCredentials) credentials).sessionToken() : null;
        return found.answered(credentials.accessKeyId(), credentials.secretAccessKey(), token);
    }

    @Override
    public void forgetBase() {
        base.forget();
    }

    @Override
    public boolean passes(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause() == cause ? null : cause.getCause()) {
            if (cause instanceof SdkServiceException && ((SdkServiceException) cause).statusCode() >= HTTP_TOO_MANY) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean isSilent(Throwable thrown) {
        return thrown instanceof SdkClientException && thrown.getCause() == null;
    }

    @Override
    public RoleSession assumeRole(AssumeRoleFields fields, RoleSession signer) throws StsException {
        AssumeRoleRequest.Builder request = AssumeRoleRequest.builder()
            .roleArn(fields.roleArn())
            .roleSessionName(fields.roleSessionName())
            .durationSeconds(fields.durationSeconds())
            .externalId(fields.externalId())
            .sourceIdentity(fields.sourceIdentity())
            .policy(fields.policy())
            .overrideConfiguration(override -> override.credentialsProvider(signing(signer)));
        // The SDK sends an empty list as a parameter of its own, which STS refuses.
        if (!fields.tags().isEmpty()) {
            request.tags(fields.tags().entrySet().stream()
                .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
                .collect(Collectors.toList()));
        }
        if (!fields.transitiveTagKeys().isEmpty()) {
            request.transitiveTagKeys(fields.transitiveTagKeys());
        }
        if (!fields.policyArns().isEmpty()) {
            request.policyArns(fields.policyArns().stream()
                .map(arn -> PolicyDescriptorType.builder().arn(arn).build())
                .collect(Collectors.toList()));
        }
        return answered(() -> session(client.get().assumeRole(request.build()).credentials()));
    }

    @Override
    public String callerArn(RoleSession signer) throws StsException {
        return answered(() -> client.get()
            .getCallerIdentity(request -> request.overrideConfiguration(override -> override.credentialsProvider(signing(signer))))
            .arn());
    }

    @Override
    public void close() {
        client.close();
        base.close();
    }

    static <T> T answered(Supplier<T> call) throws StsException {
        try {
            return call.get();
        } catch (AwsServiceException error) {
            String code = error.awsErrorDetails() == null ? null : error.awsErrorDetails().errorCode();
            String message = error.awsErrorDetails() == null ? error.getMessage() : error.awsErrorDetails().errorMessage();
            throw StsException.answered(error.statusCode(), code, message);
        } catch (SdkClientException noAnswer) {
            throw StsException.unreachable(noAnswer);
        }
    }

    static RoleSession session(Credentials credentials) {
        return new RoleSession(
            credentials.accessKeyId(), credentials.secretAccessKey(), credentials.sessionToken(), credentials.expiration());
    }

    private static AwsCredentialsProvider signing(RoleSession signer) {
        return StaticCredentialsProvider.create(signer.sessionToken() == null
            ? AwsBasicCredentials.create(signer.accessKeyId(), signer.secretAccessKey())
            : AwsSessionCredentials.create(signer.accessKeyId(), signer.secretAccessKey(), signer.sessionToken()));
    }
}

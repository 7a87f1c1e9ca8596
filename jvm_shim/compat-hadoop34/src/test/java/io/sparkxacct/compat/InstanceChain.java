package io.sparkxacct.compat;

import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.InstanceProfileCredentialsProvider;

/** A chain whose only member is an instance profile of its own. */
public final class InstanceChain implements AwsCredentialsProvider {
    private final AwsCredentialsProvider chain = AwsCredentialsProviderChain.of(InstanceProfileCredentialsProvider.create());

    @Override
    public AwsCredentials resolveCredentials() {
        return chain.resolveCredentials();
    }
}

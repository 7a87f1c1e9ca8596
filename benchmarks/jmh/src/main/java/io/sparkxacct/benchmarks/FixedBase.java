package io.sparkxacct.benchmarks;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/** The base identity of the benchmarks, named in their plan. */
public final class FixedBase implements AwsCredentialsProvider {
    @Override
    public AwsCredentials resolveCredentials() {
        return AwsBasicCredentials.create("AKIALOOPBACK", "not-a-secret");
    }
}

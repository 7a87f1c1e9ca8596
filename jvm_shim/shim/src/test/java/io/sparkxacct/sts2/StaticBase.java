package io.sparkxacct.sts2;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/** A base identity with the key AKIABASE. */
public final class StaticBase implements AwsCredentialsProvider {
    @Override
    public AwsCredentials resolveCredentials() {
        return AwsBasicCredentials.create("AKIABASE", "secret-of-base");
    }
}

package io.sparkxacct.compat;

import io.sparkxacct.s3a.S3ARoleCredentialsProvider;
import io.sparkxacct.testkit.S3AFrontTests;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

class S3AFrontTest extends S3AFrontTests {
    S3AFrontTest() {
        super(S3ARoleCredentialsProvider.class);
    }

    @Override
    protected String keyOf(Object provider) {
        return ((AwsCredentialsProvider) provider).resolveCredentials().accessKeyId();
    }

    @Override
    protected String sdkException() {
        return "software.amazon.awssdk.core.exception.SdkClientException";
    }
}

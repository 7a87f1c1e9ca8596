package io.sparkxacct.compat;

import static org.junit.jupiter.api.Assertions.assertThrows;

import com.amazonaws.auth.AWSCredentialsProvider;
import io.sparkxacct.s3av1.S3AV1RoleCredentialsProvider;
import io.sparkxacct.testkit.S3AFrontTests;
import org.junit.jupiter.api.Test;

class S3AFrontTest extends S3AFrontTests {
    S3AFrontTest() {
        super(S3AV1RoleCredentialsProvider.class);
    }

    @Override
    protected String keyOf(Object provider) {
        return ((AWSCredentialsProvider) provider).getCredentials().getAWSAccessKeyId();
    }

    @Override
    protected String sdkException() {
        return "com.amazonaws.SdkClientException";
    }

    @Test
    void theProvidersLoadWithoutSparkAndWithoutTheOtherSdk() throws ClassNotFoundException {
        assertThrows(ClassNotFoundException.class, () -> Class.forName("org.apache.spark.SparkContext"));
        assertThrows(ClassNotFoundException.class, () -> Class.forName("software.amazon.awssdk.auth.credentials.AwsCredentialsProvider"));

        Class.forName("io.sparkxacct.s3av1.S3AV1RoleCredentialsProvider");
        Class.forName("io.sparkxacct.emrfs.EmrfsRoleCredentialsProvider");
    }
}

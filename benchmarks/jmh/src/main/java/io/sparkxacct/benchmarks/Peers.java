package io.sparkxacct.benchmarks;

import io.sparkxacct.s3a.S3ARoleCredentialsProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.DeflaterOutputStream;
import org.apache.hadoop.conf.Configuration;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;

/** The two sides: what S3A gets from spark-xacct, and what it gets from the SDK as the SDK comes. */
final class Peers {
    private static final String ROLE = "arn:aws:iam::444455556666:role/reader";

    private Peers() {
    }

    static AwsCredentialsProvider sparkXacct(LoopbackSts sts) throws IOException {
        String plan = "{\"v\":1,\"base\":{\"kind\":\"class\",\"v2\":\"" + FixedBase.class.getName() + "\"},"
            + "\"sts\":{\"region\":\"eu-west-1\",\"endpoint\":\"" + sts.address() + "\"},\"otherwise\":\"@deny\","
            + "\"roles\":{\"reader\":{\"RoleArn\":\"" + ROLE + "\",\"RoleSessionName\":\"bench\",\"DurationSeconds\":3600}},"
            + "\"buckets\":{\"partner-data\":\"reader\"},\"python\":{\"roles\":[]}}";
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(packed)) {
            out.write(plan.getBytes(StandardCharsets.US_ASCII));
        }
        Configuration configuration = new Configuration(false);
        configuration.set("fs.xacct.plan", "z1:" + Base64.getUrlEncoder().withoutPadding().encodeToString(packed.toByteArray()));
        return new S3ARoleCredentialsProvider(URI.create("s3a://partner-data/"), configuration);
    }

    static AwsCredentialsProvider sdk(LoopbackSts sts) {
        StsClient client = StsClient.builder()
            .region(Region.EU_WEST_1)
            .endpointOverride(URI.create(sts.address()))
            .credentialsProvider(new FixedBase())
            .httpClientBuilder(ApacheHttpClient.builder())
            .build();
        return StsAssumeRoleCredentialsProvider.builder()
            .stsClient(client)
            .refreshRequest(request -> request.roleArn(ROLE).roleSessionName("bench"))
            .build();
    }
}

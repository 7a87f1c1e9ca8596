package io.sparkxacct.sts2;

import io.sparkxacct.session.StsInputs;
import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.retry.RetryPolicy;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;

/** Clients of STS: one attempt, 2 s to connect, 5 s in all. Retries are the caller's, who knows whether a session is still valid. */
final class StsClients {
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration CALL = Duration.ofSeconds(5);

    private StsClients() {
    }

    /** Signs with nobody's credentials; each request brings its own. */
    static StsClient open(StsInputs inputs) {
        StsClientBuilder builder = StsClient.builder()
            .region(Region.of(inputs.region()))
            .credentialsProvider(AnonymousCredentialsProvider.create())
            // Named, because the SDK refuses to choose when several HTTP clients are on the class path.
            .httpClientBuilder(ApacheHttpClient.builder().connectionTimeout(CONNECT).socketTimeout(CALL))
            .overrideConfiguration(ClientOverrideConfiguration.builder()
                .retryPolicy(RetryPolicy.none())
                .apiCallTimeout(CALL)
                .build());
        if (inputs.endpoint() != null) {
            builder.endpointOverride(URI.create(inputs.endpoint()));
        }
        return builder.build();
    }
}

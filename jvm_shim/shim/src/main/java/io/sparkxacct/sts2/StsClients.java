package io.sparkxacct.sts2;

import io.sparkxacct.session.ProxySettings;
import io.sparkxacct.session.StsInputs;
import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.retry.RetryPolicy;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.apache.ProxyConfiguration;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;

/** Clients of STS: one attempt, 2 s to connect, 10 s in all. Retries are the caller's, who knows whether a session is still valid. */
final class StsClients {
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration CALL = Duration.ofSeconds(10);

    private StsClients() {
    }

    /** Signs with nobody's credentials; each request brings its own. */
    static StsClient open(StsInputs inputs) {
        return StsClient.builder()
            .region(Region.of(inputs.region()))
            .credentialsProvider(AnonymousCredentialsProvider.create())
            // Named, because the SDK refuses to choose when several HTTP clients are on the class path.
            .httpClientBuilder(http(inputs.proxy()))
            .overrideConfiguration(ClientOverrideConfiguration.builder()
                .retryPolicy(RetryPolicy.none())
                .apiCallTimeout(CALL)
                .build())
            // An address always: the SDK's own table ends at the partitions of its day. It has FIPS in it already.
            .endpointOverride(URI.create(inputs.address()))
            .fipsEnabled(false)
            .dualstackEnabled(false)
            .build();
    }

    private static ApacheHttpClient.Builder http(ProxySettings proxy) {
        ApacheHttpClient.Builder http = ApacheHttpClient.builder().connectionTimeout(CONNECT).socketTimeout(CALL);
        return proxy == null ? http : http.proxyConfiguration(ProxyConfiguration.builder()
            .endpoint(URI.create((proxy.secured() ? "https://" : "http://") + proxy.host() + ":" + proxy.port()))
            .username(proxy.username())
            .password(proxy.password())
            .ntlmDomain(proxy.domain())
            .ntlmWorkstation(proxy.workstation())
            .build());
    }
}

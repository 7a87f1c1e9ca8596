package io.sparkxacct.sts1;

import com.amazonaws.ClientConfiguration;
import com.amazonaws.Protocol;
import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.AnonymousAWSCredentials;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.retry.PredefinedRetryPolicies;
import com.amazonaws.services.securitytoken.AWSSecurityTokenService;
import com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder;
import io.sparkxacct.session.ProxySettings;
import io.sparkxacct.session.StsInputs;

/** Clients of STS: one attempt, 2 s to connect, 10 s in all. Retries are the caller's, who knows whether a session is still valid. */
final class StsClients {
    private static final int CONNECT_MILLIS = 2_000;
    private static final int CALL_MILLIS = 10_000;

    private StsClients() {
    }

    /** Signs with nobody's credentials; each request brings its own. */
    static AWSSecurityTokenService open(StsInputs inputs) {
        // An address always: with a region alone this SDK takes the global endpoint for most regions.
        // https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
        return AWSSecurityTokenServiceClientBuilder.standard()
            .withEndpointConfiguration(new EndpointConfiguration(inputs.address(), inputs.region()))
            .withCredentials(new AWSStaticCredentialsProvider(new AnonymousAWSCredentials()))
            .withClientConfiguration(http(inputs.proxy()))
            .build();
    }

    private static ClientConfiguration http(ProxySettings proxy) {
        ClientConfiguration http = new ClientConfiguration()
            .withConnectionTimeout(CONNECT_MILLIS)
            .withSocketTimeout(CALL_MILLIS)
            .withClientExecutionTimeout(CALL_MILLIS)
            .withRetryPolicy(PredefinedRetryPolicies.NO_RETRY_POLICY);
        if (proxy != null) {
            http.withProxyProtocol(proxy.secured() ? Protocol.HTTPS : Protocol.HTTP)
                .withProxyHost(proxy.host())
                .withProxyPort(proxy.port())
                .withProxyUsername(proxy.username())
                .withProxyPassword(proxy.password())
                .withProxyDomain(proxy.domain())
                .withProxyWorkstation(proxy.workstation());
        }
        return http;
    }
}

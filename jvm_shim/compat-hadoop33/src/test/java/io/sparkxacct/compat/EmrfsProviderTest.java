package io.sparkxacct.compat;

import static io.sparkxacct.testkit.PlanTexts.base;
import static io.sparkxacct.testkit.PlanTexts.json;
import static io.sparkxacct.testkit.PlanTexts.packed;
import static io.sparkxacct.testkit.PlanTexts.role;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.AWSCredentialsProviderChain;
import com.amazonaws.auth.InstanceProfileCredentialsProvider;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import com.amazonaws.services.s3.model.AmazonS3Exception;
import io.sparkxacct.emrfs.EmrfsRoleCredentialsProvider;
import io.sparkxacct.plan.Keys;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.testkit.LoopbackIdentity;
import io.sparkxacct.testkit.LoopbackS3;
import io.sparkxacct.testkit.LoopbackSts;
import io.sparkxacct.testkit.StandardError;
import io.sparkxacct.testkit.TestEnvironment;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.apache.hadoop.conf.Configurable;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The EMRFS provider in the real chain of SDK v1 with the instance profile behind it, loaded as EMRFS loads it.
 *
 * <p>What counts is what a server saw: no request for a declared bucket may be signed by the instance's key.
 */
class EmrfsProviderTest {
    private final TestEnvironment environment = new TestEnvironment().unset("AWS_EC2_METADATA_DISABLED");
    private final LoopbackIdentity instance = LoopbackIdentity.start();
    private final LoopbackSts sts = LoopbackSts.start();
    private final LoopbackS3 s3 = LoopbackS3.start();

    @BeforeEach
    void pointTheInstanceProfileHere() {
        System.setProperty("com.amazonaws.sdk.ec2MetadataServiceEndpointOverride", instance.endpoint());
    }

    @AfterEach
    void stopServers() {
        JvmSessions.deactivate();
        environment.close();
        instance.close();
        sts.close();
        s3.close();
    }

    @Test
    void readsUnderTheRoleAndTheChainStaysWithUs() {
        AmazonS3 client = client(chain(loaded("partner-data", twoHops())));

        get(client);
        get(client);

        assertEquals(List.of("ASIAPARTNER"), s3.signers());
        assertEquals(List.of("hub", "partner"), sts.assumed());
    }

    @Test
    void aRefusedHopAtTheFirstCallIsNeverTheInstanceProfile() {
        sts.answering(request -> "partner".equals(request.roleName()) ? LoopbackSts.Reply.error(403, "AccessDenied", "no") : null);
        AmazonS3 client = client(chain(loaded("partner-data", twoHops())));

        for (int i = 0; i < 3; i++) {
            assertEquals(403, assertThrows(AmazonS3Exception.class, () -> get(client)).getStatusCode());
        }

        assertEquals(List.of("XACCT-REFUSED-2"), s3.signers());
    }

    @Test
    void aThrottledFirstCallEndsInTheRoleAndNotInTheInstanceProfile() {
        sts.answering(request -> sts.requests().size() == 1 ? LoopbackSts.Reply.error(400, "Throttling", "Rate exceeded") : null);
        AmazonS3 client = client(chain(loaded("partner-data", twoHops())));

        get(client);

        assertEquals(List.of("ASIAPARTNER"), s3.signers());
        assertEquals(List.of("hub", "hub", "partner"), sts.assumed());
    }

    @Test
    void aBucketThatTheNextPlanDroppedIsRefusedAfterASuccess() {
        AmazonS3 client = client(chain(loaded("partner-data", twoHops())));
        get(client);

        JvmSessions.activate(configuration(json(base(StaticBase.class.getName()), sts.endpoint(), role("other"), "\"other\":\"other\"", "@platform")));
        assertThrows(AmazonS3Exception.class, () -> get(client));

        assertEquals(List.of("ASIAPARTNER", "XACCT-REFUSED-0"), s3.signers());
    }

    @Test
    void aPlanThatCannotBeReadIsNoReasonToThrowFromAConstructor() {
        Configuration configuration = new Configuration(false);
        configuration.set(Keys.PLAN, "z1:broken");
        AmazonS3 client = client(chain(loaded("partner-data", configuration)));

        assertThrows(AmazonS3Exception.class, () -> get(client));

        assertEquals(List.of("XACCT-REFUSED-0"), s3.signers());
    }

    @Test
    void madeWithoutAUriItRefusesBecauseTheBucketIsNotKnown() {
        EmrfsRoleCredentialsProvider provider = new EmrfsRoleCredentialsProvider();
        provider.setConf(twoHops());

        assertEquals("XACCT-REFUSED-0", provider.getCredentials().getAWSAccessKeyId());
        assertEquals("XACCT-REFUSED-0", new EmrfsRoleCredentialsProvider(twoHops()).getCredentials().getAWSAccessKeyId());
    }

    @Test
    void madeInTheSecondWayItIsInTheChainAndNeverTheInstanceProfile() throws ReflectiveOperationException {
        AWSCredentialsProvider provider = (AWSCredentialsProvider) Class.forName(Keys.EMRFS_PROVIDER).getConstructor().newInstance();
        ((Configurable) provider).setConf(twoHops());
        AmazonS3 client = client(chain(provider));

        for (int read = 0; read < 2; read++) {
            assertEquals(403, assertThrows(AmazonS3Exception.class, () -> get(client)).getStatusCode());
        }

        assertEquals(List.of("XACCT-REFUSED-0"), s3.signers());
        assertEquals(List.of(), sts.requests());
    }

    @Test
    void theConfigurationMayComeBySetConf() {
        EmrfsRoleCredentialsProvider provider = new EmrfsRoleCredentialsProvider(URI.create("s3://partner-data/"), null);
        provider.setConf(twoHops());

        assertEquals("ASIAPARTNER", provider.getCredentials().getAWSAccessKeyId());
    }

    @Test
    void aSessionIsRenewedAlthoughNobodyCallsRefresh() throws InterruptedException {
        sts.living(Duration.ofSeconds(2));
        AmazonS3 client = client(chain(loaded("partner-data", oneHop())));
        get(client);
        for (int step = 0; step < 200 && s3.tokens().size() < 3; step++) {
            Thread.sleep(50);
            get(client);
        }

        assertEquals("token-of-partner-1", s3.tokens().get(0));
        assertTrue(s3.tokens().size() >= 3, s3.tokens().toString());
        assertEquals(List.of("ASIAPARTNER"), s3.signers());
    }

    @Test
    void theCauseIsLoggedOnceAndTheRefusedSecretIsNoSecretOfAnyone() {
        sts.answering(request -> LoopbackSts.Reply.error(403, "AccessDenied", "not you"));
        AWSCredentialsProvider provider = loaded("partner-data", twoHops());

        StandardError log = StandardError.of(() -> {
            AWSCredentials first = provider.getCredentials();
            AWSCredentials second = provider.getCredentials();
            assertNotEquals(first.getAWSSecretKey(), second.getAWSSecretKey());
        });

        assertEquals(1, log.count("S3 will refuse the next requests (access key id XACCT-REFUSED-1): bucket partner-data: hop 1 of 2"
            + " (arn:aws:iam::444455556666:role/hub) refused by STS: AccessDenied; account 444455556666 must let the base identity assume it"), log.text());
    }

    @Test
    void aBaseThatThrowsACheckedExceptionIsNeverTheInstanceProfile() {
        String plan = json(base(SneakyBase.class.getName()), sts.endpoint(), role("partner"), "\"partner-data\":\"partner\",\"scratch\":\"@base\"", "@deny");

        for (String bucket : List.of("scratch", "partner-data")) {
            assertThrows(AmazonS3Exception.class, () -> get(client(chain(loaded(bucket, configuration(plan))))));
        }

        assertEquals(List.of("XACCT-REFUSED-0", "XACCT-REFUSED-1"), s3.signers());
    }

    @Test
    void aLogThatThrowsIsNoReasonToThrow() {
        sts.answering(request -> LoopbackSts.Reply.error(403, "AccessDenied", "no"));
        AWSCredentialsProvider provider = loaded("partner-data", twoHops());
        PrintStream before = System.err;
        System.setErr(new PrintStream(OutputStream.nullOutputStream()) {
            @Override
            public void println(String line) {
                throw new IllegalStateException("disk full");
            }
        });
        try {
            assertEquals("XACCT-REFUSED-1", provider.getCredentials().getAWSAccessKeyId());
        } finally {
            System.setErr(before);
        }
    }

    @Test
    void anInterruptedReaderIsNoErrorInTheLog() {
        AWSCredentialsProvider provider = loaded("partner-data", twoHops());

        StandardError log = StandardError.of(() -> {
            Thread.currentThread().interrupt();
            assertEquals("XACCT-REFUSED-1", provider.getCredentials().getAWSAccessKeyId().replace("-2", "-1"));
            assertTrue(Thread.interrupted());
        });

        assertEquals(0, log.count("S3 will refuse"), log.text());
    }

    @Test
    void controlRunAProviderThatThrowsHandsTheBucketToTheInstanceProfile() {
        AmazonS3 client = client(chain(new ThrowingProvider()));

        get(client);

        assertEquals(List.of(LoopbackIdentity.INSTANCE_KEY), s3.signers());
    }

    private Configuration oneHop() {
        return configuration(json(base(StaticBase.class.getName()), sts.endpoint(), role("partner"), "\"partner-data\":\"partner\"", "@platform"));
    }

    private Configuration twoHops() {
        return configuration(json(base(StaticBase.class.getName()), sts.endpoint(), role("hub") + "," + role("partner", "hub"),
            "\"partner-data\":\"partner\"", "@platform"));
    }

    private static Configuration configuration(String plan) {
        Configuration configuration = new Configuration(false);
        configuration.set(Keys.PLAN, packed(plan));
        return configuration;
    }

    /** EMRFS: (URI, Configuration); whatever that throws is swallowed and the no-argument constructor taken, with setConf. */
    private static AWSCredentialsProvider loaded(String bucket, Configuration configuration) {
        try {
            Class<?> type = Class.forName(Keys.EMRFS_PROVIDER);
            try {
                return (AWSCredentialsProvider) type.getConstructor(URI.class, Configuration.class)
                    .newInstance(URI.create("s3://" + bucket + "/"), configuration);
            } catch (ReflectiveOperationException swallowed) {
                AWSCredentialsProvider provider = (AWSCredentialsProvider) type.getConstructor().newInstance();
                ((Configurable) provider).setConf(configuration);
                return provider;
            }
        } catch (ReflectiveOperationException broken) {
            throw new IllegalStateException(broken);
        }
    }

    private static AWSCredentialsProviderChain chain(AWSCredentialsProvider ours) {
        return new AWSCredentialsProviderChain(ours, InstanceProfileCredentialsProvider.createAsyncRefreshingProvider(false));
    }

    private AmazonS3 client(AWSCredentialsProvider credentials) {
        return AmazonS3ClientBuilder.standard()
            .withCredentials(credentials)
            .withPathStyleAccessEnabled(true)
            .withEndpointConfiguration(new EndpointConfiguration(s3.endpoint(), "eu-west-1"))
            .build();
    }

    private static void get(AmazonS3 client) {
        client.getObjectMetadata("partner-data", "x.txt");
    }

    /** What a provider must not be. */
    private static final class ThrowingProvider implements AWSCredentialsProvider {
        @Override
        public AWSCredentials getCredentials() {
            throw new IllegalStateException("denied");
        }

        @Override
        public void refresh() {
        }
    }
}

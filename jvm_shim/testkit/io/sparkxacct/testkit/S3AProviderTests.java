package io.sparkxacct.testkit;

import static io.sparkxacct.testkit.PlanTexts.base;
import static io.sparkxacct.testkit.PlanTexts.json;
import static io.sparkxacct.testkit.PlanTexts.packed;
import static io.sparkxacct.testkit.PlanTexts.role;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.session.JvmSessions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A named S3A provider inside the real S3AFileSystem of one Hadoop line, before a loopback STS and S3. */
public abstract class S3AProviderTests {
    private final String provider;
    private final String base;
    private final List<FileSystem> opened = new ArrayList<>();
    private LoopbackSts sts;
    private LoopbackS3 s3;

    /** {@code base}: a base identity class of the line's SDK with the key AKIABASE. */
    protected S3AProviderTests(String provider, String base) {
        this.provider = provider;
        this.base = base;
    }

    /** Puts another source under the provider class; returns the one before. */
    protected abstract Function<Map<String, Object>, Map<String, String>> exchangeSource(Function<Map<String, Object>, Map<String, String>> next);

    @BeforeEach
    void startServers() {
        sts = LoopbackSts.start();
        s3 = LoopbackS3.start();
    }

    @AfterEach
    void stopServers() throws IOException {
        JvmSessions.deactivate();
        for (FileSystem fileSystem : opened) {
            fileSystem.close();
        }
        sts.close();
        s3.close();
    }

    @Test
    void readsABucketUnderTheLastRoleOfItsChain() throws IOException {
        FileSystem partner = open("partner-data", plan(role("hub") + "," + role("partner", "hub"), "\"partner-data\":\"partner\""));

        read(partner, "partner-data");

        assertEquals(List.of("hub", "partner"), sts.assumed());
        assertEquals(List.of("ASIAPARTNER"), s3.signers());
    }

    @Test
    void aSessionIsRenewedForAFileSystemThatStaysOpen() throws IOException, InterruptedException {
        sts.living(Duration.ofSeconds(2));
        FileSystem partner = open("partner-data", plan(role("partner"), "\"partner-data\":\"partner\""));
        read(partner, "partner-data");
        for (int step = 0; step < 200 && s3.tokens().size() < 3; step++) {
            Thread.sleep(50);
            read(partner, "partner-data");
        }

        assertEquals("token-of-partner-1", s3.tokens().get(0));
        assertTrue(s3.tokens().size() >= 3, s3.tokens().toString());
        assertEquals(List.of("ASIAPARTNER"), s3.signers());
    }

    @Test
    void assumesFourHopsEachFromTheOneBefore() throws IOException {
        FileSystem far = open("far", plan(role("h1") + "," + role("h2", "h1") + "," + role("h3", "h2") + "," + role("h4", "h3"), "\"far\":\"h4\""));

        read(far, "far");

        assertEquals(List.of("AKIABASE", "ASIAH1", "ASIAH2", "ASIAH3"), sts.requests().stream().map(LoopbackSts.Request::signer).toList());
        assertEquals(List.of("ASIAH4"), s3.signers());
    }

    @Test
    void fiveBucketsOfOneRoleCostOneCallAHop() throws IOException {
        String plan = plan(role("hub") + "," + role("partner", "hub"),
            "\"b1\":\"partner\",\"b2\":\"partner\",\"b3\":\"partner\",\"b4\":\"partner\",\"b5\":\"partner\"");

        for (String bucket : List.of("b1", "b2", "b3", "b4", "b5")) {
            read(open(bucket, plan), bucket);
        }

        assertEquals(List.of("hub", "partner"), sts.assumed());
    }

    @Test
    void twoRolesInOneJvm() throws IOException {
        String plan = plan(role("partner") + "," + role("finance"), "\"in\":\"partner\",\"out\":\"finance\"");

        read(open("in", plan), "in");
        read(open("out", plan), "out");

        assertEquals(List.of("ASIAPARTNER", "ASIAFINANCE"), s3.signers());
    }

    @Test
    void aBucketBoundToTheBaseIsReadAsTheBaseAndAsksNobody() throws IOException {
        read(open("scratch", plan(role("partner"), "\"scratch\":\"@base\"")), "scratch");

        assertEquals(List.of("AKIABASE"), s3.signers());
        assertEquals(List.of(), sts.requests());
    }

    @Test
    void aRefusedHopFailsAtOnceWithBucketHopArnCodeAndWhoMustChangeWhat() throws IOException {
        sts.answering(request -> "partner".equals(request.roleName())
            ? LoopbackSts.Reply.error(403, "AccessDenied", "User: ASIAHUB is not authorized to perform: sts:AssumeRole") : null);
        FileSystem partner = open("partner-data", plan(role("hub") + "," + role("partner", "hub"), "\"partner-data\":\"partner\""));

        String message = refusal(partner, "partner-data").getMessage();

        String expected = "NoAuthWithAWSException: bucket partner-data: hop 2 of 2 (arn:aws:iam::444455556666:role/partner) refused by STS: AccessDenied;"
            + " account 444455556666 must let arn:aws:iam::444455556666:role/hub assume it (trust policy),"
            + " or account 444455556666 must allow sts:AssumeRole on it";
        assertTrue(message.contains(expected), message);
        assertTrue(message.contains("\nUser: ASIAHUB is not authorized to perform: sts:AssumeRole"), message);
        assertEquals(List.of("hub", "partner"), sts.assumed());
        assertEquals(List.of(), s3.requests());
    }

    @Test
    void neitherTheSdkNorS3ATriesARefusalAgain() throws IOException {
        sts.answering(request -> LoopbackSts.Reply.error(403, "AccessDenied", "no"));
        FileSystem partner = open("partner-data", plan(role("partner"), "\"partner-data\":\"partner\""));
        AtomicInteger asked = new AtomicInteger();
        Function<Map<String, Object>, Map<String, String>> before = exchangeSource(null);
        exchangeSource(question -> {
            asked.incrementAndGet();
            return before.apply(question);
        });
        try {
            refusal(partner, "partner-data");
            refusal(partner, "partner-data");
        } finally {
            exchangeSource(before);
        }

        assertEquals(2, asked.get());
        assertEquals(List.of("partner"), sts.assumed());
    }

    @Test
    void aCachedFileSystemFollowsTheNextPlanAndIsRefusedWhatThatPlanDropped() throws IOException {
        Configuration first = configuration(plan(role("partner"), "\"kept\":\"partner\",\"dropped\":\"partner\""));
        FileSystem kept = open("kept", first);
        FileSystem dropped = open("dropped", first);
        read(kept, "kept");
        read(dropped, "dropped");

        JvmSessions.activate(configuration(plan(role("finance"), "\"kept\":\"finance\"")));
        s3.requests().clear();
        read(kept, "kept");
        String message = refusal(dropped, "dropped").getMessage();

        assertEquals(List.of("ASIAFINANCE"), s3.signers());
        assertTrue(message.contains("bucket dropped is not declared; otherwise: deny refuses it; add it to buckets: or own: in the declaration (plan "),
            message);
    }

    @Test
    void inGlobalModeAnUndeclaredBucketIsRefusedAndOwnOnesAreTheBase() throws IOException {
        String plan = plan(role("partner"), "\"tenant-*-landing\":\"partner\"").replace("\"buckets\"", "\"own\":[\"corp-*\"],\"buckets\"");

        read(open("tenant-7-landing", plan), "tenant-7-landing");
        read(open("corp-logs", plan), "corp-logs");
        String message = refusal(open("elsewhere", plan), "elsewhere").getMessage();

        assertEquals(List.of("ASIAPARTNER", "AKIABASE"), s3.signers());
        assertTrue(message.contains("bucket elsewhere is not declared; otherwise: deny refuses it"), message);
    }

    @Test
    void aPlanWithPrefixesIsRefusedByName() throws IOException {
        String message = refusal(open("partner-out", plan(role("partner"),
            "\"partner-out\":\"partner\",\"partner-out/finance/\":\"partner\"")), "partner-out").getMessage();

        assertTrue(message.contains("binds the prefix partner-out/finance/, which no connector of this jar 0.1.0 can carry"), message);
        assertEquals(List.of(), sts.requests());
    }

    @Test
    void aPlanCutByOneCharacterIsRefusedInWords() throws IOException {
        String packed = packed(plan(role("partner"), "\"partner-data\":\"partner\""));
        Configuration configuration = configuration("{}");
        configuration.set(Keys.PLAN, packed.substring(0, packed.length() - 1));

        String message = refusal(open("partner-data", configuration), "partner-data").getMessage();

        assertTrue(message.contains("bucket partner-data: the plan text is cut or damaged (" + (packed.length() - 1) + " characters: "), message);
        assertTrue(message.contains("); copy it again in full"), message);
    }

    @Test
    void aBaseThatIsSomebodyElseIsNamedBesideTheDeclaredOne() throws IOException {
        sts.calling("arn:aws:sts::111122223333:assumed-role/node-role/i-0");
        String plan = plan(role("partner"), "\"partner-data\":\"partner\"")
            .replace("\"kind\":\"class\"", "\"kind\":\"class\",\"arn\":\"arn:aws:iam::111122223333:role/etl\"");

        FileSystem partner = open("partner-data", plan);
        for (int read = 0; read < 10; read++) {
            refusal(partner, "partner-data");
        }
        String message = refusal(partner, "partner-data").getMessage();

        assertEquals(List.of("GetCallerIdentity"), sts.requests().stream().map(LoopbackSts.Request::action).toList());
        assertTrue(message.contains("the base identity is arn:aws:sts::111122223333:assumed-role/node-role/i-0,"
            + " the declaration says arn:aws:iam::111122223333:role/etl (base.arn); fix the identity this process runs with, or base.arn"), message);
        assertEquals(List.of(), sts.assumed());
    }

    @Test
    void noSecretIsInAnyText() throws IOException {
        FileSystem partner = open("partner-data", plan(role("partner"), "\"partner-data\":\"partner\""));
        read(partner, "partner-data");

        String texts = partner + " " + JvmSessions.status() + " " + JvmSessions.resolve("s3a", "partner-data");

        assertFalse(texts.contains("secret-of-"), texts);
        assertFalse(texts.contains("token-of-"), texts);
    }

    private String plan(String roles, String buckets) {
        return json(base(base), sts.endpoint(), roles, buckets, Keys.OTHERWISE_DENY);
    }

    private FileSystem open(String bucket, String plan) throws IOException {
        return open(bucket, configuration(plan));
    }

    private FileSystem open(String bucket, Configuration configuration) throws IOException {
        FileSystem fileSystem = FileSystem.newInstance(URI.create("s3a://" + bucket + "/"), configuration);
        opened.add(fileSystem);
        return fileSystem;
    }

    private Configuration configuration(String plan) {
        Configuration configuration = new Configuration();
        configuration.set(Keys.PLAN, packed(plan));
        configuration.set(Keys.S3A_PROVIDER_KEY, provider);
        configuration.set("fs.s3a.endpoint", s3.endpoint());
        configuration.set("fs.s3a.endpoint.region", "eu-west-1");
        configuration.set("fs.s3a.path.style.access", "true");
        return configuration;
    }

    private static void read(FileSystem fileSystem, String bucket) throws IOException {
        assertEquals(4, fileSystem.getFileStatus(new Path("s3a://" + bucket + "/x.txt")).getLen());
    }

    private static AccessDeniedException refusal(FileSystem fileSystem, String bucket) {
        return assertThrows(AccessDeniedException.class, () -> read(fileSystem, bucket));
    }
}

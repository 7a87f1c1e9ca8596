package io.sparkxacct.testkit;

import static io.sparkxacct.testkit.PlanTexts.base;
import static io.sparkxacct.testkit.PlanTexts.json;
import static io.sparkxacct.testkit.PlanTexts.packed;
import static io.sparkxacct.testkit.PlanTexts.role;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.JvmSessions;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What S3 refuses to the real S3AFileSystem of one Hadoop line, as a hook named in its settings sees it. */
public abstract class S3ARefusalTests {
    /** The stream of Hadoop 3.5 throws its own exceptions. */
    private static final String STREAM = "input.stream.type";
    private static final String PARTNER = "role partner (arn:aws:iam::444455556666:role/partner, binding partner-data)";

    private final String provider;
    private final String base;
    private final Map<String, String> hook;
    private final List<FileSystem> opened = new ArrayList<>();
    private final List<IOException> failures = new ArrayList<>();
    private LoopbackSts sts;
    private LoopbackS3 s3;
    private String planId;

    /** {@code hook}: the settings that have S3A call it. */
    protected S3ARefusalTests(String provider, String base, Map<String, String> hook) {
        this.provider = provider;
        this.base = base;
        this.hook = hook;
    }

    @BeforeEach
    void startServers() {
        sts = LoopbackSts.start().numberingKeys();
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
    void aRoleThatWasDeletedAndMadeAnewIsServedAgainAfterOneRefusedRead() throws Exception {
        FileSystem partner = open("partner-data", "partner", hook);
        refusing(request -> "GET".equals(request.method()) && "ASIAPARTNER1".equals(request.signer()), 403, "InvalidAccessKeyId");

        StandardError log = StandardError.of(() -> refusal(AccessDeniedException.class, () -> read(partner, "partner-data")));
        awaitSessions(2);

        assertEquals(4, read(partner, "partner-data"));
        assertEquals(List.of("partner", "partner"), sts.assumed());
        assertEquals(List.of("ASIAPARTNER1", "ASIAPARTNER2"), s3.signers());
        assertTrue(failures.get(0).getMessage().contains("InvalidAccessKeyId"), failures.get(0).getMessage());
        assertLine(log, "bucket partner-data: S3 refused GetObject to " + PARTNER
            + ": InvalidAccessKeyId; its session is dead, as after the role was deleted and made anew; another one is being fetched, so try again");
    }

    @Test
    void theStreamOfTheReleasesDefaultIsHeardToo() throws Exception {
        Map<String, String> settings = new HashMap<>(hook);
        settings.put(STREAM, "default");
        FileSystem partner = open("partner-data", "partner", settings);
        refusing(request -> "GET".equals(request.method()), 403, "InvalidToken");

        StandardError log = StandardError.of(() -> refusal(IOException.class, () -> read(partner, "partner-data")));

        assertLine(log, "bucket partner-data: S3 refused GetObject to " + PARTNER
            + ": InvalidToken; its session is dead, as after the role was deleted and made anew; another one is being fetched, so try again");
    }

    @Test
    void theAnswerToAHeadNamesNoCodeAndIsTakenForADeadSessionOnce() throws Exception {
        FileSystem partner = open("partner-data", "partner", hook);
        refusing(request -> !"ASIAPARTNER9".equals(request.signer()), 403, "InvalidAccessKeyId");

        StandardError log = StandardError.of(() -> refusal(AccessDeniedException.class, () -> head(partner, "partner-data")));
        awaitSessions(2);
        refusal(AccessDeniedException.class, () -> head(partner, "partner-data"));
        Thread.sleep(200);

        assertEquals(List.of("partner", "partner"), sts.assumed());
        assertLine(log, "bucket partner-data: S3 refused HeadObject to " + PARTNER + ": 403 without a code; account 444455556666 must allow it"
            + " s3:GetObject, and s3:ListBucket for what does not exist, on arn:aws:s3:::partner-data/* (its policies), and the bucket's account"
            + " too where that is another one (bucket policy, and the policy of its KMS key);"
            + " in case its session is dead, another one is being fetched");
    }

    @Test
    void anExpiredTokenFailsAtOnceAndIsNotTriedAgainByS3A() throws Exception {
        FileSystem partner = open("partner-data", "partner", hook);
        refusing(request -> "GET".equals(request.method()) && "ASIAPARTNER1".equals(request.signer()), 400, "ExpiredToken");

        StandardError log = StandardError.of(() -> refusal(IOException.class, () -> read(partner, "partner-data")));
        long asked = s3.requests().stream().filter(request -> "GET".equals(request.method())).count();
        awaitSessions(2);

        assertEquals(4, read(partner, "partner-data"));
        assertEquals("AWSBadRequestException", failures.get(0).getClass().getSimpleName());
        assertEquals(1, asked);
        assertLine(log, "bucket partner-data: S3 refused GetObject to " + PARTNER
            + ": ExpiredToken; its session is over for S3; another one is being fetched, so try again");
    }

    @Test
    void aBucketThatIsDeniedForGoodCostsOneSessionAndOneLineAMinute() throws Exception {
        FileSystem partner = open("partner-data", "partner", hook);
        refusing(request -> "GET".equals(request.method()), 403, "AccessDenied");

        StandardError log = StandardError.of(() -> {
            for (int time = 0; time < 5; time++) {
                refusal(AccessDeniedException.class, () -> read(partner, "partner-data"));
                awaitSessions(2);
            }
        });

        assertEquals(List.of("partner", "partner"), sts.assumed());
        assertLine(log, "bucket partner-data: S3 refused GetObject to " + PARTNER + ": AccessDenied; account 444455556666 must allow it"
            + " s3:GetObject on arn:aws:s3:::partner-data/* (its policies), and the bucket's account too where that is another one"
            + " (bucket policy, and the policy of its KMS key); in case its session is dead, another one is being fetched");
    }

    @Test
    void aRefusalOfTheBaseIdentityIsALineAndNoMore() throws Exception {
        FileSystem scratch = open("scratch", "@base", hook);
        refusing(request -> true, 403, "InvalidAccessKeyId");

        StandardError log = StandardError.of(() -> refusal(AccessDeniedException.class, () -> head(scratch, "scratch")));

        assertEquals(List.of(), sts.requests());
        assertLine(log, "bucket scratch: S3 refused HeadObject to the base identity (class, binding scratch): 403 without a code; its account must"
            + " allow it s3:GetObject, and s3:ListBucket for what does not exist, on arn:aws:s3:::scratch/* (its policies), and the bucket's"
            + " account too where that is another one (bucket policy, and the policy of its KMS key)");
    }

    @Test
    void whatSaysNothingOfWhoAskedIsLeftAlone() throws Exception {
        FileSystem partner = open("partner-data", "partner", hook);
        List<LoopbackS3.Refusal> others = List.of(new LoopbackS3.Refusal(404, "NoSuchKey"), new LoopbackS3.Refusal(403, "InvalidObjectState"),
            new LoopbackS3.Refusal(400, "InvalidRequest"));

        StandardError log = StandardError.of(() -> others.forEach(other -> {
            refusing(request -> "GET".equals(request.method()), other.status(), other.code());
            refusal(IOException.class, () -> read(partner, "partner-data"));
        }));

        assertEquals("", log.text());
        assertEquals(List.of("partner"), sts.assumed());
    }

    @Test
    void aRequestForAnAccessPointIsOneForItsBucket() throws Exception {
        Configuration configuration = configuration("partner-data", "partner", hook);
        configuration.set("fs.s3a.bucket.partner-data.accesspoint.arn", "arn:aws:s3:eu-west-1:444455556666:accesspoint/landing");
        FileSystem.newInstance(URI.create("s3a://partner-data/"), configuration).close();

        StandardError log = StandardError.of(() -> JvmSessions.providerSource().apply(Map.of(
            "refusedBucket", "arn:aws:s3:eu-west-1:444455556666:accesspoint/landing", "operation", "GetObject", "status", 403, "code", "InvalidToken",
            "accessKeyId", "ASIA-OLDER")));

        assertLine(log, "bucket partner-data: S3 refused GetObject to " + PARTNER
            + ": InvalidToken; an older session than the one at hand signed it, so try again");
    }

    @Test
    void whereAuditingIsOffS3ACallsNoHookAndThatIsSaidOnce() throws Exception {
        Map<String, String> settings = new HashMap<>(hook);
        settings.put("audit.enabled", "false");

        StandardError log = StandardError.of(() -> refusal(IOException.class, () -> {
            open("partner-data", "partner", settings);
            refusing(request -> "GET".equals(request.method()), 403, "InvalidAccessKeyId");
            return read(open("partner-data", "partner", settings), "partner-data");
        }));

        assertEquals(List.of("partner"), sts.assumed());
        assertUnseen(log, "fs.s3a.audit.enabled=true");
    }

    @Test
    void aFileSystemWithoutTheHookIsNamedOnce() {
        StandardError log = StandardError.of(() -> refusal(IOException.class, () -> {
            open("partner-data", "partner", Map.of("audit.enabled", "true"));
            refusing(request -> "GET".equals(request.method()), 403, "InvalidAccessKeyId");
            return read(open("partner-data", "partner", Map.of("audit.enabled", "true")), "partner-data");
        }));

        assertEquals(List.of("partner"), sts.assumed());
        String key = hook.keySet().stream().filter(name -> !name.equals("audit.enabled")).findFirst().orElseThrow();
        assertUnseen(log, "fs.s3a." + key + "=" + hook.get(key));
    }

    private void assertUnseen(StandardError log, String setting) {
        assertEquals(0, log.count("S3 refused"), log.text());
        assertEquals(1, log.count("spark-xacct: plan " + planId + ": bucket partner-data: S3's refusals are not seen, so a session that is dead"
            + " before its time serves until it is renewed by its age; set " + setting + " for this bucket, as render writes it\n"), log.text());
    }

    private void refusing(Predicate<LoopbackS3.Request> which, int status, String code) {
        s3.refusing(request -> which.test(request) ? new LoopbackS3.Refusal(status, code) : null);
    }

    private void assertLine(StandardError log, String line) {
        assertEquals(1, log.count("S3 refused"), log.text());
        assertTrue(log.text().contains("spark-xacct: plan " + planId + ": " + line + System.lineSeparator()), log.text());
    }

    /** The forced refresh is made by a thread of its own. */
    private void awaitSessions(int count) {
        for (int step = 0; step < 200 && sts.assumed().size() < count; step++) {
            pause();
        }
        // An answer on its way is taken in at once.
        pause();
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    private FileSystem open(String bucket, String target, Map<String, String> settings) throws IOException {
        FileSystem fileSystem = FileSystem.newInstance(URI.create("s3a://" + bucket + "/"), configuration(bucket, target, settings));
        opened.add(fileSystem);
        return fileSystem;
    }

    private Configuration configuration(String bucket, String target, Map<String, String> settings) {
        String plan = packed(json(base(base), sts.endpoint(), role("partner"), "\"" + bucket + "\":\"" + target + "\"", Keys.OTHERWISE_PLATFORM));
        Configuration configuration = new Configuration();
        configuration.set(Keys.PLAN, plan);
        configuration.set("fs.s3a.bucket." + bucket + ".aws.credentials.provider", provider);
        configuration.set("fs.s3a.endpoint", s3.endpoint());
        configuration.set("fs.s3a.endpoint.region", "eu-west-1");
        configuration.set("fs.s3a.path.style.access", "true");
        configuration.set("fs.s3a." + STREAM, "classic");
        settings.forEach((name, value) -> configuration.set("fs.s3a.bucket." + bucket + "." + name, value));
        planId = PlanReader.read(plan).id();
        return configuration;
    }

    private static long head(FileSystem fileSystem, String bucket) throws IOException {
        return fileSystem.getFileStatus(new Path("s3a://" + bucket + "/x.txt")).getLen();
    }

    private static int read(FileSystem fileSystem, String bucket) throws IOException {
        try (InputStream stream = fileSystem.open(new Path("s3a://" + bucket + "/x.txt"))) {
            return stream.read(new byte[4]);
        }
    }

    private interface Reading {
        long read() throws IOException;
    }

    private void refusal(Class<? extends IOException> type, Reading reading) {
        failures.add(assertThrows(type, reading::read));
    }
}

package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.testkit.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is made of a refusal of S3, and what an operator reads. */
class S3RefusalsTest {
    private static final Plan PLAN = PlanReader.fromJson("""
        {"v":1,"base":{"kind":"irsa","arn":"arn:aws-cn:iam::111122223333:role/etl","v2":"a.B"},"sts":{"region":"cn-north-1"},"otherwise":"@deny",
        "roles":{"partner":{"RoleArn":"arn:aws-cn:iam::444455556666:role/partner","RoleSessionName":"s-{run}","DurationSeconds":3600}},
        "buckets":{"data":"partner","tenant-*":"partner","scratch":"@base"},"own":["corp-*"],"python":{"roles":[]}}""");
    private static final String PARTNER = "role partner (arn:aws-cn:iam::444455556666:role/partner, binding data): ";
    private static final String BUCKETS_ACCOUNT =
        " (its policies), and the bucket's account too where that is another one (bucket policy, and the policy of its KMS key)";

    private final SessionLab lab = new SessionLab(PLAN, 1, Integer.MAX_VALUE);
    private final List<String> lines = new ArrayList<>();
    private final S3Refusals refusals = new S3Refusals(PLAN, lab.sessions, lab.time, lines::add);
    private final String key = lab.read("partner").session().accessKeyId();

    @AfterEach
    void end() {
        lab.end();
    }

    private void refuse(String bucket, String operation, int status, String code, String signer) {
        refusals.take(new S3Refusal(bucket, operation, status, code, signer));
        lab.pass(Duration.ofSeconds(1));
    }

    private String line(String text) {
        return "plan " + PLAN.id() + ": bucket " + text;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "403 | InvalidAccessKeyId | its session is dead, as after the role was deleted and made anew; another one is being fetched, so try again",
        "400 | InvalidToken       | its session is dead, as after the role was deleted and made anew; another one is being fetched, so try again",
        "400 | ExpiredToken       | its session is over for S3; another one is being fetched, so try again",
        "400 |                    | its session may be over for S3; another one is being fetched, so try again",
        "400 | 400 Bad Request    | its session may be over for S3; another one is being fetched, so try again",
    })
    void aDeadSessionIsReplacedAndSaid(int status, String code, String what) {
        refuse("data", "UploadPart", status, code, key);

        String answer = code == null || code.contains(" ") ? "400 without a code" : code;
        assertEquals(List.of(line("data: S3 refused UploadPart to " + PARTNER + answer + "; " + what)), lines);
        assertEquals(2, lab.sts.count("partner"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "GetObject             | s3:GetObject on arn:aws-cn:s3:::data/*",
        "HeadObject            | s3:GetObject, and s3:ListBucket for what does not exist, on arn:aws-cn:s3:::data/*",
        "PutObject             | s3:PutObject on arn:aws-cn:s3:::data/*",
        "CreateMultipartUpload | s3:PutObject on arn:aws-cn:s3:::data/*",
        "CopyObject            | s3:PutObject, and s3:GetObject of the source, on arn:aws-cn:s3:::data/*",
        "DeleteObjects         | s3:DeleteObject on arn:aws-cn:s3:::data/*",
        "ListObjectsV2         | s3:ListBucket on arn:aws-cn:s3:::data",
        "ListMultipartUploads  | s3:ListBucketMultipartUploads on arn:aws-cn:s3:::data",
        "HeadBucket            | s3:ListBucket on arn:aws-cn:s3:::data",
        "GetBucketLocation     | s3:GetBucketLocation on arn:aws-cn:s3:::data",
        "                      | what it asks for on arn:aws-cn:s3:::data/*",
    })
    void aDenialNamesTheAccountAndWhatItMustAllow(String operation, String what) {
        refuse("data", operation, 403, "AccessDenied", key);

        assertEquals(List.of(line("data: S3 refused " + (operation == null ? "a request" : operation) + " to " + PARTNER
            + "AccessDenied; account 444455556666 must allow it " + what + BUCKETS_ACCOUNT
            + "; in case its session is dead, another one is being fetched")), lines);
        assertEquals(2, lab.sts.count("partner"));
    }

    @ParameterizedTest
    @CsvSource({"404, NoSuchKey", "403, InvalidObjectState", "403, RequestTimeTooSkewed", "400, InvalidRequest", "401, ", "503, SlowDown"})
    void otherFailuresAreLeftAlone(int status, String code) {
        refuse("data", "GetObject", status, code, key);

        assertEquals(List.of(), lines);
        assertEquals(1, lab.sts.count("partner"));
    }

    @Test
    void theLineThatTroubleshootingShowsIsThis() throws IOException {
        Plan plan = PlanReader.fromJson("""
            {"v":1,"base":{"kind":"irsa","v2":"a.B"},"sts":{"region":"eu-west-1"},"otherwise":"@platform",
            "roles":{"reader":{"RoleArn":"arn:aws:iam::444455556666:role/reader","RoleSessionName":"s-{run}","DurationSeconds":3600}},
            "buckets":{"partner-data":"reader"},"python":{"roles":[]}}""");
        SessionLab lab = new SessionLab(plan, 1, Integer.MAX_VALUE);
        String key = lab.read("reader").session().accessKeyId();
        new S3Refusals(plan, lab.sessions, lab.time, lines::add).take(new S3Refusal("partner-data", "GetObject", 403, "InvalidAccessKeyId", key));
        lab.end();

        String page = Files.readString(Vectors.repository().resolve("docs/troubleshooting.md"));
        assertTrue(page.contains("```text\nWARN ActivePlan: spark-xacct: " + lines.get(0) + "\n```\n"), lines.get(0));
    }

    @Test
    void aBucketThatThePlanDoesNotBindIsLeftAlone() {
        refuse("elsewhere", "GetObject", 403, "InvalidAccessKeyId", key);

        assertEquals(List.of(), lines);
        assertEquals(1, lab.sts.count("partner"));
    }

    @Test
    void anOlderKeyForcesNothingAndItsDenialSaysNothing() {
        refuse("data", "GetObject", 403, "InvalidAccessKeyId", "ASIA-OLDER");
        refuse("data", "PutObject", 403, "InvalidAccessKeyId", null);
        refuse("data", "GetObject", 403, "AccessDenied", "ASIA-OLDER");

        assertEquals(List.of(
            line("data: S3 refused GetObject to " + PARTNER + "InvalidAccessKeyId; an older session than the one at hand signed it, so try again"),
            line("data: S3 refused PutObject to " + PARTNER + "InvalidAccessKeyId; an older session than the one at hand signed it, so try again")),
            lines);
        assertEquals(1, lab.sts.count("partner"));
    }

    @Test
    void theBaseIdentityIsNeverRefreshed() {
        refuse("scratch", "GetObject", 403, "AccessDenied", "AKIA-base-0");
        refuse("corp-logs", "PutObject", 403, "InvalidAccessKeyId", "AKIA-base-0");

        assertEquals(List.of(
            line("scratch: S3 refused GetObject to the base identity (arn:aws-cn:iam::111122223333:role/etl, binding scratch): AccessDenied;"
                + " account 111122223333 must allow it s3:GetObject on arn:aws-cn:s3:::scratch/*" + BUCKETS_ACCOUNT),
            line("corp-logs: S3 refused PutObject to the base identity (arn:aws-cn:iam::111122223333:role/etl, binding own: corp-*):"
                + " InvalidAccessKeyId; its own keys may be over, and whoever gave them renews them")), lines);
        assertEquals(0, lab.sts.forgotten);
        assertEquals(1, lab.sts.calls.size());
    }

    @Test
    void aSecondDeadSessionWithinAMinuteWaits() {
        refuse("data", "GetObject", 403, "InvalidAccessKeyId", key);
        refuse("data", "PutObject", 403, "InvalidAccessKeyId", lab.read("partner").session().accessKeyId());

        assertTrue(lines.get(1).endsWith("InvalidAccessKeyId; its session is dead, as after the role was deleted and made anew;"
            + " another one is forced at most once a minute, so try again later"), lines.get(1));
        assertEquals(2, lab.sts.count("partner"));
    }

    @Test
    void oneDenialOfABucketInAnHourIsTakenForADeadSession() {
        for (int minutes = 0; minutes < 180; minutes += 2) {
            refuse("data", "GetObject", 403, "AccessDenied", lab.read("partner").session().accessKeyId());
            lab.pass(Duration.ofMinutes(2));
        }
        assertEquals(3, taken());
    }

    @Test
    void aDenialThatForcedNothingIsNotCounted() {
        refuse("data", "GetObject", 403, "InvalidAccessKeyId", key);
        refuse("data", "GetObject", 403, "AccessDenied", lab.read("partner").session().accessKeyId());
        assertEquals(0, taken());
        lab.pass(Duration.ofMinutes(1));
        refuse("data", "GetObject", 403, "AccessDenied", lab.read("partner").session().accessKeyId());

        assertEquals(1, taken());
    }

    @Test
    void whereSessionsAreAskedOfSomebodyElseTheLimitIsAMinute() {
        Random random = new Random(1);
        int[] given = {0};
        RoleSessions whole = new RoleSessions(PLAN, new SessionSource() {
            @Override
            public RoleSession assume(Plan.Role role, int hop, int hops, RoleSession signer) {
                return new RoleSession("DRIVER-" + ++given[0], "secret", "token", Instant.ofEpochMilli(lab.time.millis() + 3_600_000));
            }

            @Override
            public RoleSession base() {
                throw new IllegalStateException("nobody asks for it");
            }

            @Override
            public boolean givesWholeChains() {
                return true;
            }
        }, new RefreshPolicy(random::nextDouble), lab.time, lab.time.another(), lines::add);
        S3Refusals here = new S3Refusals(PLAN, whole, lab.time, lines::add);
        whole.get("partner");
        for (int seconds = 0; seconds < 600; seconds += 30) {
            here.take(new S3Refusal("data", "GetObject", 403, "AccessDenied", whole.get("partner").accessKeyId()));
            lab.pass(Duration.ofSeconds(30));
        }

        assertEquals(11, given[0]);
        whole.drain();
    }

    private long taken() {
        return lines.stream().filter(line -> line.contains("in case its session is dead")).count();
    }

    @Test
    void theSameIsSaidOnceAMinute() {
        for (int second = 0; second < 130; second++) {
            refuse("data", "GetObject", 403, "AccessDenied", lab.read("partner").session().accessKeyId());
        }
        assertEquals(3, lines.size());
        refuse("data", "PutObject", 403, "AccessDenied", lab.read("partner").session().accessKeyId());
        assertEquals(4, lines.size());
    }

    @Test
    void thousandsOfBucketsAreNeitherRememberedNorSaid() {
        IntStream.range(0, 5_000).forEach(number -> refusals.take(new S3Refusal("tenant-" + number, "GetObject", 403, "AccessDenied", key)));

        assertEquals(256, lines.size());
        lab.pass(Duration.ofMinutes(1));
        refuse("tenant-7", "GetObject", 403, "AccessDenied", lab.read("partner").session().accessKeyId());
        assertEquals(257, lines.size());
    }

    @Test
    void aLogThatThrowsChangesNothing() {
        S3Refusals unheard = new S3Refusals(PLAN, lab.sessions, lab.time, line -> {
            throw new IllegalStateException("no log");
        });
        unheard.take(new S3Refusal("data", "GetObject", 403, "InvalidAccessKeyId", key));
        lab.pass(Duration.ofSeconds(1));

        assertEquals(2, lab.sts.count("partner"));
    }
}

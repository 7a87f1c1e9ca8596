package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.testkit.PlanTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WebIdentityTest {
    @TempDir
    Path directory;

    private final List<String> calls = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private Instant now = Instant.parse("2026-11-22T10:00:00Z");
    private StsException refusal;
    private WebIdentity identity;

    @BeforeEach
    void givePodItsToken() throws IOException {
        environment.put("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/etl");
        environment.put("AWS_WEB_IDENTITY_TOKEN_FILE", Files.writeString(directory.resolve("token"), "token-1\n").toString());
        StsInputs inputs = new StsInputs(PlanReader.fromJson(PlanTexts.json("{\"kind\":\"irsa\"}", "http://sts", "", "", "@deny")),
            "run/1", "ana", environment::get, new Configuration(false));
        identity = new WebIdentity(inputs, this::assume, () -> now);
    }

    @Test
    void oneCallServesTheFirstHalfOfItsLife() {
        RoleSession first = identity.session();
        now = now.plusSeconds(1799);

        assertSame(first, identity.session());
        assertEquals(List.of("etl xacct-run-1 token-1"), calls);
    }

    @Test
    void theSecondHalfRenewsWithTheTokenOfThatMoment() throws IOException {
        identity.session();
        Files.writeString(directory.resolve("token"), "token-2");
        environment.put("AWS_ROLE_SESSION_NAME", "pod-7");
        now = now.plusSeconds(1800);
        identity.session();

        assertEquals(List.of("etl xacct-run-1 token-1", "etl pod-7 token-2"), calls);
    }

    @Test
    void aRenewalThatFailsLeavesTheSessionUntilItEndsAndIsTriedEveryHalfMinute() {
        RoleSession first = identity.session();
        refusal = StsException.answered(400, "ExpiredTokenException", "Token expired");
        now = now.plusSeconds(1800);

        assertSame(first, identity.session());
        now = now.plusSeconds(29);
        assertSame(first, identity.session());
        assertEquals(2, calls.size());
        now = now.plusSeconds(1);
        assertSame(first, identity.session());
        assertEquals(3, calls.size());
        now = now.plusSeconds(1770);
        assertEquals("AssumeRoleWithWebIdentity of arn:aws:iam::111122223333:role/etl was refused by STS: ExpiredTokenException: Token expired",
            assertThrows(IllegalStateException.class, identity::session).getMessage());
    }

    @Test
    void whatIsMissingIsNamed() {
        environment.put("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token");
        assertEquals("the web identity token file /nonexistent/token (AWS_WEB_IDENTITY_TOKEN_FILE) cannot be read",
            assertThrows(IllegalStateException.class, identity::session).getMessage());

        environment.remove("AWS_ROLE_ARN");
        assertEquals("environment variable AWS_ROLE_ARN is not set, which base irsa needs",
            assertThrows(IllegalStateException.class, identity::session).getMessage());
    }

    private RoleSession assume(String roleArn, String roleSessionName, String token) throws StsException {
        calls.add(roleArn.substring(roleArn.lastIndexOf('/') + 1) + " " + roleSessionName + " " + token);
        if (refusal != null) {
            throw refusal;
        }
        return new RoleSession("ASIAETL", "secret", "token", now.plusSeconds(3600));
    }
}

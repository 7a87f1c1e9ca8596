package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.Failure.Kind;
import io.sparkxacct.testkit.PlanTexts;
import java.io.IOException;
import java.net.ConnectException;
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

/** One AssumeRoleWithWebIdentity; when there is one is the business of role sessions. */
class WebIdentityTest {
    private static final String FIX = "; run this process with it, or change base: in the declaration";

    @TempDir
    Path directory;

    private final List<String> calls = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private StsException refusal;
    private WebIdentity identity;

    @BeforeEach
    void givePodItsToken() throws IOException {
        environment.put("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/etl");
        environment.put("AWS_WEB_IDENTITY_TOKEN_FILE", Files.writeString(directory.resolve("token"), "token-1\n").toString());
        StsInputs inputs = new StsInputs(PlanReader.fromJson(PlanTexts.json("{\"kind\":\"irsa\"}", "http://sts", "", "", "@deny")),
            "run/1", "ana", environment::get, new Configuration(false));
        identity = new WebIdentity(inputs, this::assume);
    }

    @Test
    void eachCallTakesTheTokenAndTheNameOfThatMoment() throws IOException {
        identity.session();
        Files.writeString(directory.resolve("token"), "token-2");
        environment.put("AWS_ROLE_SESSION_NAME", "pod-7");
        identity.session();

        assertEquals(List.of("etl xacct-run-1 token-1", "etl pod-7 token-2"), calls);
    }

    @Test
    void whatIsMissingIsNamedAndFinal() {
        environment.put("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token");
        assertEquals("BASE_MISSING: the base identity (irsa) gives no credentials: the web identity token file /nonexistent/token"
            + " (AWS_WEB_IDENTITY_TOKEN_FILE) cannot be read" + FIX, failure().toString());

        environment.put("AWS_WEB_IDENTITY_TOKEN_FILE", "/a\0b");
        assertEquals(Kind.BASE_MISSING, failure().kind());

        environment.remove("AWS_ROLE_ARN");
        assertEquals("BASE_MISSING: the base identity (irsa) gives no credentials: environment variable AWS_ROLE_ARN is not set, which base irsa"
            + " needs" + FIX, failure().toString());
    }

    @Test
    void aRefusalIsFinalAndAnExpiredTokenSaysWhoRenewsIt() {
        refusal = StsException.answered(400, "InvalidIdentityToken", "No OpenIDConnect provider found");
        assertEquals("BASE_MISSING: the base identity (irsa) gives no credentials: AssumeRoleWithWebIdentity of"
            + " arn:aws:iam::111122223333:role/etl was refused by STS: InvalidIdentityToken" + FIX, failure().toString());
        assertEquals("No OpenIDConnect provider found", failure().stsMessage());

        refusal = StsException.answered(400, "ExpiredTokenException", "Token expired");
        assertEquals("BASE_MISSING: the base identity (irsa) gives no credentials: AssumeRoleWithWebIdentity of"
            + " arn:aws:iam::111122223333:role/etl was refused by STS: ExpiredTokenException; the token in " + directory.resolve("token")
            + " has expired: Kubernetes renews it, so look at the pod's projected volume", failure().toString());
    }

    @Test
    void whatPassesIsNotFinal() {
        refusal = StsException.answered(400, "Throttling", "Rate exceeded");
        assertEquals("THROTTLED: STS throttled (Throttling)", failure().toString());
        refusal = StsException.answered(400, "IDPCommunicationError", "later");
        assertEquals("UNREACHABLE: STS at http://sts answered 400 (IDPCommunicationError)", failure().toString());
        refusal = StsException.unreachable(new ConnectException("Connection refused"));
        assertEquals("UNREACHABLE: STS at http://sts cannot be reached: ConnectException: Connection refused", failure().toString());
    }

    private Failure failure() {
        return assertThrows(FailureException.class, identity::session).failure();
    }

    private RoleSession assume(String roleArn, String roleSessionName, String token) throws StsException {
        calls.add(roleArn.substring(roleArn.lastIndexOf('/') + 1) + " " + roleSessionName + " " + token);
        if (refusal != null) {
            throw refusal;
        }
        return new RoleSession("ASIAETL", "secret", "token", Instant.parse("2026-11-22T11:00:00Z"));
    }
}

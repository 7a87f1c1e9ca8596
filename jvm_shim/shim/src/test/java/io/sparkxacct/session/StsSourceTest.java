package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.testkit.PlanTexts;
import io.sparkxacct.testkit.Vectors;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StsSourceTest {
    private static final String HUB = "arn:aws:iam::444455556666:role/hub";
    private static final String PARTNER = "arn:aws:iam::444455556666:role/partner";

    private final FakeLine line = new FakeLine();
    private final Map<String, String> environment = new HashMap<>();
    private Plan plan;

    @Test
    void eachHopIsSignedByTheOneBefore() {
        StsSource source = source(plan("{\"kind\":\"env\"}"));

        RoleSession hub = assume(source, "hub", 1, source.base());
        assume(source, "partner", 2, hub);

        assertEquals(List.of("AssumeRole " + HUB + " by AKIABASE", "AssumeRole " + PARTNER + " by ASIA" + HUB), line.calls);
    }

    @Test
    void aDeclaredBaseIsComparedBeforeAnythingElseAndAgainWhenItsKeysAreOthers() {
        line.callerArn = "arn:aws:sts::111122223333:assumed-role/etl/run-1";
        StsSource source = source(plan("{\"kind\":\"irsa\",\"arn\":\"arn:aws:iam::111122223333:role/path/etl\"}"));

        source.base();
        source.base();
        line.base = new RoleSession("AKIABASE", "secret-of-base", null, null);
        assertSame(line.base, source.base());
        source.forgetBase();
        source.base();
        assertEquals(List.of("GetCallerIdentity by AKIABASE"), line.calls);

        for (RoleSession next : List.of(new RoleSession("ASIABASE", "s", "t", null), new RoleSession("ASIABASE", "r", "t", null),
            new RoleSession("ASIABASE", "r", "u", null))) {
            line.base = next;
            assertSame(next, source.base());
            source.base();
        }
        assertEquals(List.of("GetCallerIdentity by AKIABASE", "GetCallerIdentity by ASIABASE", "GetCallerIdentity by ASIABASE",
            "GetCallerIdentity by ASIABASE"), line.calls);
    }

    @Test
    void aBaseThatBecomesSomebodyElseServesNothingUntilItIsItselfAgain() {
        RoleSession first = line.base;
        StsSource source = source(plan("{\"kind\":\"env\",\"arn\":\"arn:aws:iam::111122223333:user/base\"}"));
        source.base();
        line.base = new RoleSession("AKIAOTHER", "s", null, null);
        line.callerArn = "arn:aws:iam::111122223333:user/other";

        for (int question = 0; question < 2; question++) {
            assertEquals("BASE_MISSING: the base identity is arn:aws:iam::111122223333:user/other, the declaration says"
                + " arn:aws:iam::111122223333:user/base (base.arn); fix the identity this process runs with, or base.arn", baseFailure(source));
        }
        line.base = first;
        assertSame(first, source.base());
        assertEquals(List.of("GetCallerIdentity by AKIABASE", "GetCallerIdentity by AKIAOTHER", "GetCallerIdentity by AKIAOTHER"), line.calls);
    }

    @Test
    void whatTheDefaultChainDoesNotExplainPassesTwiceInARow() {
        String silence = "the base identity (emr-runtime-role) gives no credentials: nobody answers";
        String passing = "UNREACHABLE: " + silence;
        String missing = "BASE_MISSING: " + silence + "; run this process with it, or change base: in the declaration";
        StsSource source = source(plan("{\"kind\":\"emr-runtime-role\"}"));
        line.noBase = new IllegalStateException("nobody answers");

        assertEquals(missing, baseFailure(source));
        line.silent = true;
        assertEquals(List.of(passing, passing, missing, missing), Stream.generate(() -> baseFailure(source)).limit(4).toList());
        line.noBase = null;
        source.base();
        line.noBase = new IllegalStateException("nobody answers");
        assertEquals(List.of(passing, passing, missing), Stream.generate(() -> baseFailure(source)).limit(3).toList());
        assertEquals(missing.replace("emr-runtime-role", "env"), baseFailure(source(plan("{\"kind\":\"env\"}"))));
    }

    @Test
    void aBaseThatIsSomebodyElseServesNothing() {
        line.callerArn = "arn:aws:sts::111122223333:assumed-role/node-role/i-0";
        StsSource source = source(plan("{\"kind\":\"irsa\",\"arn\":\"arn:aws:iam::111122223333:role/etl\"}"));

        assertEquals("BASE_MISSING: the base identity is arn:aws:sts::111122223333:assumed-role/node-role/i-0, the declaration says"
            + " arn:aws:iam::111122223333:role/etl (base.arn); fix the identity this process runs with, or base.arn", baseFailure(source));
        line.callerArn = null;
        assertEquals("BASE_MISSING: the base identity is unknown to STS, the declaration says arn:aws:iam::111122223333:role/etl (base.arn);"
            + " fix the identity this process runs with, or base.arn", baseFailure(source));
    }

    static Stream<Arguments> comparisons() {
        return Stream.of(
            Arguments.of(StsException.unreachable(new IOException("x", new ConnectException("Connection refused"))),
                "UNREACHABLE: the base identity could not be compared with base.arn: STS at http://sts cannot be reached: ConnectException:"
                    + " Connection refused"),
            Arguments.of(StsException.answered(400, "Throttling", "Rate exceeded"),
                "THROTTLED: the base identity could not be compared with base.arn: STS throttled (Throttling)"),
            Arguments.of(StsException.answered(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
                "BASE_MISSING: the base identity could not be compared with base.arn: GetCallerIdentity at http://sts was refused by STS:"
                    + " InvalidClientTokenId"));
    }

    @ParameterizedTest
    @MethodSource("comparisons")
    void aBaseThatCannotBeComparedServesNothing(StsException answer, String failure) {
        line.refusal = answer;

        assertEquals(failure, baseFailure(source(plan("{\"kind\":\"irsa\",\"arn\":\"arn:aws:iam::111122223333:role/etl\"}"))));
    }

    static Stream<Arguments> silentBases() {
        String fix = "; run this process with it, or change base: in the declaration";
        return Stream.of(
            Arguments.of(new IllegalStateException("no such profile"), false, "BASE_MISSING: the base identity (env) gives no credentials: no such profile" + fix),
            Arguments.of(new IllegalStateException(), false,
                "BASE_MISSING: the base identity (env) gives no credentials: java.lang.IllegalStateException" + fix),
            Arguments.of(new IllegalStateException("no file", new NoSuchFileException("/x")), false,
                "BASE_MISSING: the base identity (env) gives no credentials: no file" + fix),
            Arguments.of(new IllegalStateException("no answer", new ConnectException("refused")), false,
                "UNREACHABLE: the base identity (env) gives no credentials: no answer"),
            Arguments.of(new IllegalStateException("503"), true, "UNREACHABLE: the base identity (env) gives no credentials: 503"));
    }

    @ParameterizedTest
    @MethodSource("silentBases")
    void aBaseWithoutCredentialsIsNamedAndOnlyWhatANetworkDoesPasses(RuntimeException thrown, boolean passing, String failure) {
        line.noBase = thrown;
        line.passing = passing;

        assertEquals(failure, baseFailure(source(plan("{\"kind\":\"env\"}"))));
    }

    @Test
    void anAnswerOfStsBecomesTheFailureOfItsHop() {
        line.refusal = StsException.answered(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole");
        StsSource source = source(plan("{\"kind\":\"env\"}"));

        assertEquals("role partner: hop 2 of 2 (" + PARTNER + ") refused by STS: AccessDenied; account 444455556666 must let " + HUB
            + " assume it (trust policy), or account 444455556666 must allow sts:AssumeRole on it\n"
            + "User: x is not authorized to perform: sts:AssumeRole",
            failure(() -> assume(source, "partner", 2, line.base)));
    }

    @Test
    void anAnswerWithoutACodeIsItsStatus() {
        line.refusal = StsException.answered(503, null, "<html>");

        assertEquals("role hub: hop 1 of 2 (" + HUB + "): STS at http://sts answered 503 (HTTP 503)\n<html>",
            failure(() -> assume(source(plan("{\"kind\":\"env\"}")), "hub", 1, line.base)));
    }

    @Test
    void anExternalIdThatDoesNotResolveNamesVariableAndHostAndAsksNobody() {
        String json = plan("{\"kind\":\"env\"}").replaceFirst("3600}", "3600,\"ExternalId\":{\"env\":\"PARTNER_EXTERNAL_ID\"}}");
        String message = failure(() -> assume(source(json), "hub", 1, line.base));

        assertTrue(message.startsWith("role hub: hop 1 of 2 (" + HUB + "): the external id cannot be resolved: environment variable"
            + " PARTNER_EXTERNAL_ID is not set on host "), message);
        assertTrue(message.endsWith("; set it there, or use external_id: {file: PATH}"), message);
        assertEquals(List.of(), line.calls);

        environment.put("PARTNER_EXTERNAL_ID", " \n");
        assertEquals(message, failure(() -> assume(source(json), "hub", 1, line.base)));

        environment.put("PARTNER_EXTERNAL_ID", " e1\n");
        assume(source(json), "hub", 1, line.base);
        assertEquals("e1", line.lastFields.externalId());
    }

    @Test
    void anExternalIdFileThatIsNotThereIsNamed() {
        String json = plan("{\"kind\":\"env\"}").replaceFirst("3600}", "3600,\"ExternalId\":{\"file\":\"/nonexistent/id\"}}");

        String message = failure(() -> assume(source(json), "hub", 1, line.base));

        assertTrue(message.contains("the external id cannot be resolved: file /nonexistent/id cannot be read on host "), message);
        assertTrue(message.endsWith("; put it there"), message);
    }

    @Test
    void anExternalIdFileThatIsEmptyIsNamed(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("id"), "\n");
        String json = plan("{\"kind\":\"env\"}").replaceFirst("3600}", "3600,\"ExternalId\":{\"file\":\"" + file + "\"}}");

        String message = failure(() -> assume(source(json), "hub", 1, line.base));

        assertTrue(message.contains("the external id cannot be resolved: file " + file + " is empty on host "), message);
        assertTrue(message.endsWith("; write it there"), message);
    }

    @Test
    void aRefusedRoleWithAnExternalIdSaysThatItMayBeWrong() {
        line.refusal = StsException.answered(403, "AccessDenied", "no");
        String json = plan("{\"kind\":\"env\"}").replaceFirst("3600}", "3600,\"ExternalId\":\"e1\"}");

        assertTrue(failure(() -> assume(source(json), "hub", 1, line.base)).contains("; STS gives the same answer to a wrong external id\n"));
        assertFalse(failure(() -> assume(source(json), "partner", 2, line.base)).contains("external id"));
    }

    @Test
    void theRegionalAddressIsThatOfItsPartition() {
        for (JsonNode vector : Vectors.list("sts_addresses.json")) {
            String region = vector.get("region").asText();
            String json = plan("{\"kind\":\"env\"}").replace(",\"endpoint\":\"http://sts\"", "").replace("eu-west-1", region);

            environment.remove("AWS_USE_FIPS_ENDPOINT");
            assertEquals(vector.get("address").asText(), inputs(json).address());
            environment.put("AWS_USE_FIPS_ENDPOINT", "true");
            assertEquals(vector.get("fips").asText(), inputs(json).address());
        }
    }

    @Test
    void theAddressIsThePlansElseTheEnvironmentsElseRegional() {
        String inPlan = plan("{\"kind\":\"env\"}");
        String without = inPlan.replace(",\"endpoint\":\"http://sts\"", "");

        assertEquals("http://sts", inputs(inPlan).address());
        assertEquals("https://sts.eu-west-1.amazonaws.com", inputs(without).address());
        assertEquals("https://sts.cn-north-1.amazonaws.com.cn", inputs(without.replace("eu-west-1", "cn-north-1")).address());
        environment.put("AWS_ENDPOINT_URL", "http://all");
        assertEquals("http://all", inputs(without).address());
        environment.put("AWS_ENDPOINT_URL_STS", "http://own");
        assertEquals("http://own", inputs(without).address());
        assertEquals("http://sts", inputs(inPlan).address());
    }

    private StsInputs inputs(String json) {
        return new StsInputs(PlanReader.fromJson(json), "r1", "ana", environment::get, new Configuration(false));
    }

    private StsSource source(String json) {
        StsInputs inputs = inputs(json);
        plan = inputs.plan();
        return new StsSource(inputs, line);
    }

    private static String plan(String base) {
        return PlanTexts.json(base, "http://sts", PlanTexts.role("hub") + "," + PlanTexts.role("partner", "hub"), "", "@deny");
    }

    private RoleSession assume(StsSource source, String name, int hop, RoleSession parent) {
        return source.assume(plan.role(name), hop, 2, parent);
    }

    private static String baseFailure(StsSource source) {
        return assertThrows(FailureException.class, source::base).failure().toString();
    }

    private static String failure(Runnable work) {
        return assertThrows(FailureException.class, work::run).getMessage();
    }
}

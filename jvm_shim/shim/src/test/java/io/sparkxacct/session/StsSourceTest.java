package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.testkit.PlanTexts;
import java.io.IOException;
import java.net.ConnectException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class StsSourceTest {
    private static final String HUB = "arn:aws:iam::444455556666:role/hub";
    private static final String PARTNER = "arn:aws:iam::444455556666:role/partner";

    private final FakeLine line = new FakeLine();
    private final Map<String, String> environment = new HashMap<>();
    private Plan plan;

    @Test
    void theFirstHopIsSignedByTheBaseAndTheNextByItsParent() {
        StsSource source = source(plan("{\"kind\":\"env\"}"));

        RoleSession hub = assume(source, "hub", 1, null);
        assume(source, "partner", 2, hub);

        assertEquals(List.of("AssumeRole " + HUB + " by AKIABASE", "AssumeRole " + PARTNER + " by ASIA" + HUB), line.calls);
    }

    @Test
    void aDeclaredBaseIsComparedOnceBeforeAnythingElse() {
        line.callerArn = "arn:aws:sts::111122223333:assumed-role/etl/run-1";
        StsSource source = source(plan("{\"kind\":\"irsa\",\"arn\":\"arn:aws:iam::111122223333:role/path/etl\"}"));

        assume(source, "hub", 1, null);
        assume(source, "hub", 1, null);
        source.base();

        assertEquals(List.of("GetCallerIdentity by AKIABASE", "AssumeRole " + HUB + " by AKIABASE", "AssumeRole " + HUB + " by AKIABASE"), line.calls);
    }

    @Test
    void aBaseThatIsSomebodyElseServesNothing() {
        line.callerArn = "arn:aws:sts::111122223333:assumed-role/node-role/i-0";
        StsSource source = source(plan("{\"kind\":\"irsa\",\"arn\":\"arn:aws:iam::111122223333:role/etl\"}"));
        String problem = "the base identity is arn:aws:sts::111122223333:assumed-role/node-role/i-0, the declaration says"
            + " arn:aws:iam::111122223333:role/etl (base.arn); fix the identity this process runs with, or base.arn";

        assertEquals("role hub: hop 1 of 2 (" + HUB + "): " + problem, failure(() -> assume(source, "hub", 1, null)));
        assertEquals(problem, failure(source::base));
        assertEquals(List.of("GetCallerIdentity by AKIABASE", "GetCallerIdentity by AKIABASE"), line.calls);
    }

    @Test
    void aBaseThatCannotBeComparedServesNothing() {
        line.refusal = StsException.unreachable(new IOException("x", new ConnectException("Connection refused")));
        StsSource source = source(plan("{\"kind\":\"irsa\",\"arn\":\"arn:aws:iam::111122223333:role/etl\"}"));

        assertEquals("role hub: hop 1 of 2 (" + HUB + "): STS at http://sts cannot be reached: ConnectException: Connection refused",
            failure(() -> assume(source, "hub", 1, null)));
        assertEquals("the base identity could not be compared with base.arn: STS at http://sts said ConnectException: Connection refused",
            failure(source::base));
    }

    @Test
    void aBaseWithoutCredentialsIsNamed() {
        line.noBase = new IllegalStateException("no metadata service");

        assertEquals("role hub: hop 1 of 2 (" + HUB + "): the base identity (env) gives no credentials: no metadata service;"
            + " run this process with it, or change base: in the declaration", failure(() -> assume(source(plan("{\"kind\":\"env\"}")), "hub", 1, null)));
    }

    @Test
    void anAnswerOfStsBecomesTheFailureOfItsHop() {
        line.refusal = StsException.answered(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole");
        StsSource source = source(plan("{\"kind\":\"env\"}"));

        assertEquals("role partner: hop 2 of 2 (" + PARTNER + ") refused by STS: AccessDenied; account 444455556666 must let " + HUB
            + " assume it (trust policy), or account 444455556666 must allow sts:AssumeRole on it\n"
            + "User: x is not authorized to perform: sts:AssumeRole",
            failure(() -> assume(source, "partner", 2, line.baseCredentials())));
    }

    @Test
    void anAnswerWithoutACodeIsItsStatus() {
        line.refusal = StsException.answered(503, null, "<html>");

        assertEquals("role hub: hop 1 of 2 (" + HUB + "): STS at http://sts answered 503 (HTTP 503)\n<html>",
            failure(() -> assume(source(plan("{\"kind\":\"env\"}")), "hub", 1, null)));
    }

    @Test
    void anExternalIdThatDoesNotResolveNamesVariableAndHostAndAsksNobody() {
        String json = plan("{\"kind\":\"env\"}").replaceFirst("3600}", "3600,\"ExternalId\":{\"env\":\"PARTNER_EXTERNAL_ID\"}}");
        String message = failure(() -> assume(source(json), "hub", 1, null));

        assertTrue(message.startsWith("role hub: hop 1 of 2 (" + HUB + "): the external id cannot be resolved: environment variable"
            + " PARTNER_EXTERNAL_ID is not set on host "), message);
        assertTrue(message.endsWith("; set it there, or use external_id: {file: PATH}"), message);
        assertEquals(List.of(), line.calls);

        environment.put("PARTNER_EXTERNAL_ID", "e1");
        assume(source(json), "hub", 1, null);
        assertEquals("e1", line.lastFields.externalId());
    }

    @Test
    void anExternalIdFileThatIsNotThereIsNamed() {
        String json = plan("{\"kind\":\"env\"}").replaceFirst("3600}", "3600,\"ExternalId\":{\"file\":\"/nonexistent/id\"}}");

        String message = failure(() -> assume(source(json), "hub", 1, null));

        assertTrue(message.contains("the external id cannot be resolved: file /nonexistent/id cannot be read on host "), message);
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

    private static String failure(Runnable work) {
        return assertThrows(FailureException.class, work::run).getMessage();
    }
}

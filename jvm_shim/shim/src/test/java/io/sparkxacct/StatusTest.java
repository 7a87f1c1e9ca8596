package io.sparkxacct;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.python.PythonSides;
import io.sparkxacct.session.Count;
import io.sparkxacct.session.Counters;
import io.sparkxacct.session.FakeSts;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.session.Reports;
import io.sparkxacct.session.RoleSessions;
import io.sparkxacct.session.VirtualTime;
import io.sparkxacct.spark.PluginState;
import io.sparkxacct.spark.PluginStates;
import io.sparkxacct.testkit.PlanTexts;
import io.sparkxacct.testkit.StandardError;
import io.sparkxacct.testkit.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StatusTest {
    private static final String ROLES = PlanTexts.role("hub") + "," + PlanTexts.role("partner", "hub") + "," + PlanTexts.role("sink");
    private static final Plan PLAN = PlanReader.fromJson(PlanTexts.json(
        "{\"kind\":\"irsa\",\"v1\":\"io.sparkxacct.sts1.WebIdentityCredentialsProvider\",\"v2\":\"io.sparkxacct.sts2.WebIdentityCredentialsProvider\"}",
        "https://sts.eu-west-1.amazonaws.com", ROLES, "\"partner-data\":\"partner\",\"partner-out\":\"sink\"", "@deny"));
    private static final String NOTHING = "{\"about\":null,\"channel\":null,\"channelWords\":null,\"counters\":{\"asks\":0,\"failures.baseMissing\":0,"
        + "\"failures.denied\":0,\"failures.plan\":0,\"failures.throttled\":0,\"failures.undeclared\":0,\"failures.unreachable\":0,\"fetches\":0,"
        + "\"refreshes\":0,\"sessions.served\":0,\"sts.calls\":0,\"sts.millis\":0},\"executors\":null,\"jar\":\"0.1.0\",\"plan\":null,"
        + "\"problem\":null,\"process\":null,\"python\":null,\"roles\":{},\"run\":null,\"source\":null}";

    private final VirtualTime time = new VirtualTime(1, Integer.MAX_VALUE);
    private final FakeSts sts = new FakeSts(time);
    private final Counters counters = new Counters();
    private final RoleSessions sessions = Reports.counted(PLAN, sts, time, counters);

    @AfterEach
    void end() {
        time.end();
        JvmSessions.deactivate();
    }

    /** A driver ten minutes after its start, whose ten executors have asked once; one of its roles is denied. */
    private String ofADriver() {
        Counters ofAnExecutor = new Counters();
        for (Count what : List.of(Count.ASKS, Count.FETCHES, Count.FETCHES, Count.DENIED)) {
            ofAnExecutor.add(what);
        }
        for (int executor = 0; executor < 10; executor++) {
            counters.add(Count.ASKS);
            counters.add(Count.SERVED);
        }
        sts.answer("sink", FakeSts.Answer.DENY);
        sessions.offer("partner");
        sessions.offer("sink");
        Reports.addStsCall(counters, Duration.ofMillis(152));
        Reports.addStsCall(counters, Duration.ofMillis(48));
        Reports.addStsCall(counters, Duration.ofMillis(39));
        time.sleep(Duration.ofMinutes(10));
        PluginState driver = PluginStates.ofADriver(PLAN, "spark.executor.instances", "10", ofAnExecutor, 10);
        return Status.json("0.1.0", Reports.of(PLAN, "application_1763800000000_0042",
            "STS at https://sts.eu-west-1.amazonaws.com by AWS SDK v2", sessions), counters, driver,
            PythonSides.on("/local/spark-xacct-17-1763800000000"));
    }

    @Test
    void thePageShowsTheStatusOfADriver() throws IOException {
        String page = Files.readString(Vectors.repository().resolve("docs/monitoring.md"));
        Matcher shown = Pattern.compile("<!-- status -->\n```json\n(.*?)```", Pattern.DOTALL).matcher(page);
        String example = shown.find() ? shown.group(1) : "null";
        JsonNode status = new ObjectMapper().readTree(ofADriver());

        assertEquals(status.toPrettyString(), new ObjectMapper().readTree(example).toPrettyString());
    }

    @Test
    void keysAreSortedAndNothingIsSecret() throws IOException {
        String json = ofADriver();

        assertEquals(json, new ObjectMapper().readTree(json).toString());
        assertFalse(json.contains("planted-secret") || json.contains("ASIA"), json);
    }

    @Test
    void aJvmWithoutPluginAndPlanHasTheSameKeys() {
        assertEquals(NOTHING, Status.json("0.1.0", Reports.ofNothing(), new Counters(), null, null));
    }

    @Test
    void anExecutorSaysWhichItIs() throws IOException {
        JsonNode status = new ObjectMapper().readTree(
            Status.json("0.1.0", Reports.ofNothing(), counters, PluginStates.ofAnExecutor("7"), null));

        assertEquals("executor 7 SEALED null null", String.join(" ", status.get("process").asText(), status.get("channel").asText(),
            status.get("channelWords").asText(), status.get("executors").asText()));
    }

    @Test
    void saysWhyPythonFindsNothing() throws IOException {
        JsonNode status = new ObjectMapper().readTree(
            Status.json("0.1.0", Reports.ofNothing(), counters, null, PythonSides.off("PYTHONPATH cannot be changed")));

        assertEquals("{\"folder\":null,\"reason\":\"PYTHONPATH cannot be changed\",\"state\":\"OFF\"}", status.get("python").toString());
    }

    @Test
    void tellsOfThisJvm() throws IOException {
        Configuration configuration = new Configuration(false);
        configuration.set("fs.xacct.plan", "z1:broken");
        StandardError.of(() -> JvmSessions.follow(configuration));
        JsonNode status = new ObjectMapper().readTree(Status.json());

        assertEquals("the plan text is cut or damaged (9 characters: a checksum or code in it is wrong); copy it again in full",
            status.get("problem").asText());
    }

    @Test
    void queriesNameIt() throws NoSuchMethodException {
        assertEquals("public static java.lang.String io.sparkxacct.Status.json()", Status.class.getMethod("json").toString());
    }
}

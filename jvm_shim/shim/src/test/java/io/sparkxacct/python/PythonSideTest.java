package io.sparkxacct.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkxacct.plan.JarVersion;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.Offer;
import io.sparkxacct.session.RoleSession;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class PythonSideTest {
    private static final Plan DEFAULT_ROLE = PythonPlans.of("\"roles\":[\"hub\",\"partner\"],\"default_role\":\"partner\"");
    private static final Plan BY_NAME_ONLY = PythonPlans.of("\"roles\":[\"hub\"]");
    private static final Plan NO_PYTHON = PythonPlans.of("\"roles\":[]");

    @TempDir
    Path directory;
    private Path jar;
    private SetVariables variables;

    private final Map<String, String> conf = new HashMap<>();
    private final List<String> log = new ArrayList<>();
    private final List<PythonSide> started = new ArrayList<>();

    @BeforeEach
    void prepare() throws IOException {
        jar = Files.createDirectories(directory.resolve("classes/spark_xacct/worker")).getParent().getParent();
        Files.createFile(jar.resolve("spark_xacct/worker/daemon.py"));
        variables = new SetVariables(Map.of("SPARK_LOCAL_DIRS", Files.createDirectory(directory.resolve("local")).toString()));
    }

    @AfterEach
    void close() {
        started.forEach(PythonSide::close);
    }

    @Test
    void tellsPythonWhatIsServedWhereInAFolder() throws IOException {
        PythonSide side = start(DEFAULT_ROLE);
        JsonNode document = document(side);
        JsonNode roles = document.get("roles");

        assertEquals(directory.resolve("local").resolve(EndpointFolder.nameOfThisJvm()), side.folder());
        assertEquals(side.folder().toString(), PythonSide.folderInForce());
        assertEquals(List.of("endpoint.json", "hub.token", "lock", "partner.token"), names(side.folder()));
        assertTrue(document.get("address").asText().matches("http://127\\.0\\.0\\.1:[0-9]+"));
        assertTrue(roles.get("partner").get("path").asText().matches("/[A-Za-z0-9_-]{22}/partner"));
        assertTrue(Files.readString(side.folder().resolve("partner.token")).matches("[A-Za-z0-9_-]{43}"));
        assertNotEquals(Files.readString(side.folder().resolve("hub.token")), Files.readString(side.folder().resolve("partner.token")));
        assertEquals(DEFAULT_ROLE.id(), PlanReader.read(document.get("plan_text").asText()).id());
        Map<String, String> rest = new TreeMap<>();
        document.fields().forEachRemaining(field -> rest.put(field.getKey(), field.getValue().asText()));
        rest.keySet().removeAll(List.of("address", "roles", "plan_text"));
        assertEquals(new TreeMap<>(Map.of("v", "1", "plan", DEFAULT_ROLE.id(), "jar", JarVersion.current(), "run", "run-1", "user", "alice", "base", "irsa",
            "region", "eu-west-1", "default_role", "partner")), rest);
        assertEquals("hub.token", roles.get("hub").get("token_file").asText());
    }

    @Test
    void whatTheFolderSaysOpensTheEndpoint() throws IOException {
        PythonSide side = start(DEFAULT_ROLE);

        assertEquals("ASIA-partner", ask(side, "partner").get("AccessKeyId").asText());
        assertEquals("arn:aws:iam::111122223333:role/hub", ask(side, "hub").get("RoleArn").asText());
    }

    @Test
    void theHookIsOnAndSaysSo() {
        PythonSide side = start(DEFAULT_ROLE);

        assertEquals("ON", side.outcome().toString());
        assertEquals("PythonSide(ON)", side.toString());
        assertEquals("spark_xacct.worker.daemon", conf.get("spark.python.daemon.module"));
        assertEquals(side.folder().toString(), variables.get("SPARK_XACCT_ENDPOINT"));
        assertEquals(List.of("plan " + DEFAULT_ROLE.id() + ": Python finds hub, partner at the endpoint " + side.folder()
            + "; plain boto3 in workers is partner"), log);
    }

    @Test
    void withoutADefaultRoleWorkersFindTheEndpointAndAreLeftAloneOtherwise() throws IOException {
        PythonSide side = start(BY_NAME_ONLY);

        assertEquals(HookOutcome.State.ON, side.outcome().state());
        assertEquals(Map.of(), conf);
        assertEquals(side.folder().toString(), variables.get("SPARK_XACCT_ENDPOINT"));
        assertNull(document(side).get("default_role"));
        assertEquals(List.of("plan " + BY_NAME_ONLY.id() + ": Python finds hub at the endpoint " + side.folder()), log);
    }

    @Test
    void aPlanWithoutRolesForPythonNeedsNothing() {
        PythonSide side = start(NO_PYTHON);

        assertEquals("NOT_NEEDED", side.outcome().toString());
        assertNull(side.folder());
        assertNull(PythonSide.folderInForce());
        assertEquals(List.of(), names(directory.resolve("local")));
        assertEquals(List.of(), log);
    }

    @Test
    void closingLeavesNothing() {
        PythonSide side = start(DEFAULT_ROLE);
        side.close();
        side.close();

        assertEquals(List.of(), names(directory.resolve("local")));
        assertNull(PythonSide.folderInForce());
        assertEquals(List.of("SPARK_LOCAL_DIRS"), List.copyOf(variables.values.keySet()));
    }

    @Test
    void theNextSparkContextsPlanTakesThePlaceOfOneThatWasNotClosed() throws IOException {
        PythonSide first = start(DEFAULT_ROLE);
        JsonNode before = document(first);
        conf.clear();
        PythonSide second = start(BY_NAME_ONLY);
        first.close();

        assertNull(first.folder());
        assertEquals(BY_NAME_ONLY.id(), document(second).get("plan").asText());
        assertNotEquals(before.get("address"), document(second).get("address"));
        assertEquals(second.folder().toString(), variables.get("SPARK_XACCT_ENDPOINT"));
        assertEquals(second.folder().toString(), PythonSide.folderInForce());
    }

    @Test
    void aPlanWithoutPythonTakesBackWhatItsSettingsWereLeftWith() {
        start(DEFAULT_ROLE);
        start(NO_PYTHON);

        assertEquals("pyspark.daemon", conf.get("spark.python.daemon.module"));
        assertNull(variables.get("SPARK_XACCT_ENDPOINT"));
    }

    /** Whether tasks fail, by the setting and by whether the plan has a default role. */
    @ParameterizedTest
    @CsvSource({
        ",      true,  true",
        ",      false, false",
        "true,  true,  true",
        "true,  false, true",
        "false, true,  false",
        "FALSE, true,  false",
        "no,    true,  true",
    })
    void wherePlainBoto3WouldBeSomebodyElsePythonTasksFail(String required, boolean defaultRole, boolean fail) {
        if (required != null) {
            conf.put("spark.xacct.python.required", required);
        }
        variables.refused = "SPARK_XACCT_ENDPOINT";
        PythonSide side = start(defaultRole ? DEFAULT_ROLE : BY_NAME_ONLY);

        assertEquals(HookOutcome.State.OFF, side.outcome().state());
        assertEquals(fail, conf.containsKey("spark.python.daemon.module"));
        assertEquals(List.of("SPARK_LOCAL_DIRS"), List.copyOf(variables.values.keySet()));
    }

    @Test
    void theyFailWithTheReasonAndTheApplicationLives() {
        variables.refused = "PYTHONPATH";
        PythonSide side = start(DEFAULT_ROLE);

        assertEquals("OFF: PYTHONPATH cannot be changed", side.outcome().toString());
        assertEquals("spark-xacct: Python tasks fail on purpose, because plain boto3 would not be role partner here but another identity: PYTHONPATH"
            + " cannot be changed; or set spark.xacct.python.required=false", conf.get("spark.python.daemon.module"));
        assertEquals(List.of("plan " + DEFAULT_ROLE.id() + ": Python workers of this JVM do not find its role sessions, so Python tasks fail:"
            + " PYTHONPATH cannot be changed"), log);
        assertTrue(Files.exists(side.folder()), "the driver's Python still finds it through py4j");
    }

    @Test
    void whateverIsThrownTheyFailAllTheSame() {
        PythonSide side = PythonSide.start(DEFAULT_ROLE, "run-1", "alice", LiveSettings.of(conf::get, conf::put), jar, role -> null, log::add,
            new Variables() {
                @Override
                public String get(String name) {
                    throw new OutOfMemoryError("unable to create native thread");
                }

                @Override
                public void set(String name, String value) {
                    throw new OutOfMemoryError("unable to create native thread");
                }
            });
        started.add(side);

        assertEquals("OFF: java.lang.OutOfMemoryError: unable to create native thread", side.outcome().toString());
        assertEquals("spark-xacct: Python tasks fail on purpose, because plain boto3 would not be role partner here but another identity:"
            + " java.lang.OutOfMemoryError: unable to create native thread; or set spark.xacct.python.required=false",
            conf.get("spark.python.daemon.module"));
    }

    @Test
    void settingsThatCannotBeReadThrowNothingEither() {
        PythonSide side = PythonSide.start(DEFAULT_ROLE, "run-1", "alice", LiveSettings.of(name -> {
            throw new IllegalStateException("no settings");
        }, conf::put), jar, role -> null, log::add, variables);
        started.add(side);

        assertEquals("OFF: no settings", side.outcome().toString());
        assertEquals(List.of("plan " + DEFAULT_ROLE.id() + ": Python workers of this JVM do not find its role sessions, and its Python tasks cannot"
            + " be made to fail (no settings): no settings"), log);
    }

    /** By the setting and by the plan that is not in force. */
    @ParameterizedTest
    @CsvSource({
        ",      default role, would not be role partner here but another identity",
        ",      unreadable,   may not be here what the plan says",
        ",      by name only,",
        "true,  by name only, would not find its roles here",
        "false, default role,",
        "false, unreadable,",
    })
    void withoutThePlanInForcePythonTasksFailWherePlainBoto3WouldBeSomebodyElse(String required, String plan, String because) {
        if (required != null) {
            conf.put("spark.xacct.python.required", required);
        }
        Plan configured = "unreadable".equals(plan) ? null : "default role".equals(plan) ? DEFAULT_ROLE : BY_NAME_ONLY;
        PythonSide side = PythonSide.refuse(configured, LiveSettings.of(conf::get, conf::put), "no AWS SDK\n is there", log::add);
        started.add(side);

        assertEquals("OFF: no AWS SDK is there", side.outcome().toString());
        assertEquals(because == null ? null : "spark-xacct: Python tasks fail on purpose, because plain boto3 " + because
            + ": no AWS SDK is there; or set spark.xacct.python.required=false", conf.get("spark.python.daemon.module"));
        assertEquals(List.of((configured == null ? "a plan that cannot be read" : "plan " + configured.id())
            + ": Python workers of this JVM do not find its role sessions" + (because == null ? "" : ", so Python tasks fail")
            + ": no AWS SDK is there"), log);
    }

    @Test
    void aRefusalTakesThePlaceOfWhatAnEarlierSparkContextLeft() {
        start(DEFAULT_ROLE);
        started.add(PythonSide.refuse(BY_NAME_ONLY, LiveSettings.of(conf::get, conf::put), "why", log::add));

        assertNull(PythonSide.folderInForce());
        assertNull(variables.get("SPARK_XACCT_ENDPOINT"));
        assertEquals("pyspark.daemon", conf.get("spark.python.daemon.module"));
    }

    @Test
    void aJvmThatEndsKeepsItsEnvironment() {
        PythonSide side = start(DEFAULT_ROLE);
        Map<String, String> during = Map.copyOf(variables.values);
        side.closeWithTheJvm();
        side.close();

        assertEquals(List.of(), names(directory.resolve("local")));
        assertEquals(during, variables.values);
        assertNull(PythonSide.current());
    }

    @Test
    void withoutALocalDirectoryThereIsNoEndpoint() {
        Path missing = directory.resolve("missing");
        variables.values.put("SPARK_LOCAL_DIRS", missing.toString());
        String before = System.setProperty("java.io.tmpdir", "/proc");
        try {
            PythonSide side = start(BY_NAME_ONLY);

            assertEquals("OFF: no local directory takes the folder of the endpoint (" + missing + ": does not exist; /proc: does not exist);"
                + " set spark.local.dir to one that does", side.outcome().toString());
            assertNull(side.folder());
            assertNull(PythonSide.folderInForce());
        } finally {
            System.setProperty("java.io.tmpdir", before);
        }
    }

    @Test
    void aRoleNameThatCannotBeAFilesNameIsNotServed() {
        Plan plan = PlanReader.fromJson("{\"v\":1,\"base\":{\"kind\":\"irsa\"},\"sts\":{\"region\":\"eu-west-1\"},\"otherwise\":\"@deny\",\"roles\":"
            + "{\"../x\":{\"RoleArn\":\"arn:aws:iam::111122223333:role/x\",\"RoleSessionName\":\"s\",\"DurationSeconds\":3600}},\"buckets\":{},"
            + "\"python\":{\"roles\":[\"../x\"]}}");

        assertEquals("OFF: role \"../x\" cannot be served to Python: its name must match [a-z][a-z0-9_-]{0,31}", start(plan).outcome().toString());
    }

    @Test
    void noSecretIsShown() throws IOException {
        PythonSide side = start(DEFAULT_ROLE);
        String shown = log + " " + side + " " + side.outcome() + " " + conf + " " + variables.values;

        assertFalse(shown.contains(Files.readString(side.folder().resolve("partner.token"))));
        assertFalse(shown.contains(document(side).get("roles").get("partner").get("path").asText()));
    }

    @Test
    void theJarIsWhereThisClassIs() {
        assertTrue(Files.exists(PythonSide.jar().resolve("io/sparkxacct/python/PythonSide.class")), PythonSide.jar() + "");
    }

    private PythonSide start(Plan plan) {
        PythonSide side = PythonSide.start(plan, "run-1", "alice", LiveSettings.of(conf::get, conf::put), jar,
            role -> new Offer(new RoleSession("ASIA-" + role, "secret", "session", Instant.now()), 3_600_000, 0), log::add, variables);
        started.add(side);
        return side;
    }

    private static JsonNode document(PythonSide side) throws IOException {
        return new ObjectMapper().readTree(side.folder().resolve("endpoint.json").toFile());
    }

    private static JsonNode ask(PythonSide side, String role) throws IOException {
        JsonNode document = document(side);
        JsonNode entry = document.get("roles").get(role);
        HttpURLConnection connection = (HttpURLConnection) URI.create(document.get("address").asText() + entry.get("path").asText()).toURL()
            .openConnection();
        connection.setRequestProperty("Authorization", Files.readString(side.folder().resolve(entry.get("token_file").asText())));
        return new ObjectMapper().readTree(connection.getInputStream());
    }

    private static List<String> names(Path folder) {
        String[] names = folder.toFile().list();
        java.util.Arrays.sort(names);
        return List.of(names);
    }
}

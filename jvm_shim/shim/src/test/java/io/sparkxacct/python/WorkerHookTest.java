package io.sparkxacct.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerHookTest {
    private static final Path FOLDER = Path.of("/local/spark-xacct-1-1");
    private static final Map<String, String> BEFORE = Map.of("PATH", "/bin", "PYTHONPATH", "/a:/b");

    @TempDir
    Path directory;
    private Path jar;

    private final SetVariables variables = new SetVariables(BEFORE);
    private final Map<String, String> conf = new HashMap<>(Map.of("spark.python.daemon.module", "rapids.daemon"));
    private final DaemonSettings daemons = new DaemonSettings(LiveSettings.of(conf::get, conf::put));

    @BeforeEach
    void makeJar() throws IOException {
        jar = jar("spark_xacct/worker/daemon.py");
    }

    @Test
    void processesInheritTheJarTheFolderAndTheModuleToRunNextAndNothingOfAws() {
        install();

        assertEquals(new TreeMap<>(Map.of("PATH", "/bin", "PYTHONPATH", "/a:/b:" + jar, "SPARK_XACCT_ENDPOINT", FOLDER.toString(),
            "SPARK_XACCT_NEXT_DAEMON", "rapids.daemon")), variables.values);
        assertEquals("spark_xacct.worker.daemon", conf.get("spark.python.daemon.module"));
    }

    @Test
    void aNextModuleOfAnEarlierProcessIsTakenAway() {
        variables.values.put("SPARK_XACCT_NEXT_DAEMON", "stale.daemon");
        conf.clear();
        WorkerHook hook = install();
        assertEquals(null, variables.get("SPARK_XACCT_NEXT_DAEMON"));

        hook.close();
        assertEquals("stale.daemon", variables.get("SPARK_XACCT_NEXT_DAEMON"));
    }

    @Test
    void withoutADefaultRoleTheDaemonIsLeftAlone() {
        WorkerHook.install(variables, null, jar, FOLDER);

        assertEquals(Map.of("spark.python.daemon.module", "rapids.daemon"), conf);
        assertEquals(new TreeMap<>(Map.of("PATH", "/bin", "PYTHONPATH", "/a:/b:" + jar, "SPARK_XACCT_ENDPOINT", FOLDER.toString())),
            variables.values);
    }

    @Test
    void theJarStandsOnThePathOnce() {
        variables.values.put("PYTHONPATH", jar + ":/a");
        install();
        assertEquals(jar + ":/a", variables.get("PYTHONPATH"));

        variables.values.put("PYTHONPATH", jar + "x");
        install();
        assertEquals(jar + "x:" + jar, variables.get("PYTHONPATH"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "unset"})
    void withoutAPathTheJarIsThePath(String before) {
        variables.values.remove("PYTHONPATH");
        if (before.isEmpty()) {
            variables.values.put("PYTHONPATH", before);
        }
        install();

        assertEquals(jar.toString(), variables.get("PYTHONPATH"));
    }

    @Test
    void closingTakesTheEnvironmentBackButNotWhatSomebodySetSince() {
        WorkerHook hook = install();
        hook.close();
        assertEquals(new TreeMap<>(BEFORE), variables.values);

        hook = install();
        variables.values.put("SPARK_XACCT_ENDPOINT", "/another");
        hook.close();
        hook.close();
        assertEquals(new TreeMap<>(Map.of("PATH", "/bin", "PYTHONPATH", "/a:/b", "SPARK_XACCT_ENDPOINT", "/another")), variables.values);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PYTHONPATH", "SPARK_XACCT_ENDPOINT", "SPARK_XACCT_NEXT_DAEMON"})
    void whenOneStepFailsNothingIsChanged(String step) {
        variables.refused = step;

        assertEquals(step + " cannot be changed", refusal(jar));
    }

    @Test
    void noMoreIsItWhenTheSettingsFail() {
        DaemonSettings closed = new DaemonSettings(LiveSettings.of(conf::get, (name, value) -> {
            throw new IllegalStateException(name + " cannot be set");
        }));

        assertEquals("spark.xacct.python.configured.python.daemon.module cannot be set", assertThrows(IllegalStateException.class,
            () -> WorkerHook.install(variables, closed, jar, FOLDER)).getMessage());
        assertEquals(new TreeMap<>(BEFORE), variables.values);
    }

    @Test
    void aModuleThatPythonCouldNotImportIsNotSet() throws IOException {
        Path old = jar("spark_xacct/__init__.py");
        assertEquals(old + " holds no spark_xacct/worker/daemon.py, so Python could not import it; take the jar of the release", refusal(old));
        Path missing = directory.resolve("missing.jar");
        assertEquals("the jar " + missing + " cannot be read: does not exist", refusal(missing));
        assertEquals(directory + " holds no spark_xacct/worker/daemon.py, so Python could not import it; take the jar of the release",
            refusal(directory));
        assertEquals("the path of the jar /a:b/x.jar holds \":\", which PYTHONPATH cannot carry", refusal(Path.of("/a:b/x.jar")));
        assertEquals("the jar that this class comes from is no file of this host", refusal(null));
    }

    @Test
    void classesOfABuildServeAsAJar() throws IOException {
        Files.createDirectories(directory.resolve("spark_xacct/worker"));
        Files.createFile(directory.resolve("spark_xacct/worker/daemon.py"));
        WorkerHook.install(variables, daemons, directory, FOLDER);

        assertEquals("/a:/b:" + directory, variables.get("PYTHONPATH"));
    }

    private WorkerHook install() {
        return WorkerHook.install(variables, daemons, jar, FOLDER);
    }

    private String refusal(Path from) {
        String reason = assertThrows(IllegalStateException.class, () -> WorkerHook.install(variables, daemons, from, FOLDER)).getMessage();
        assertEquals(new TreeMap<>(BEFORE), variables.values);
        assertEquals("rapids.daemon", conf.get("spark.python.daemon.module"));
        return reason;
    }

    private Path jar(String entry) throws IOException {
        Path made = Files.createTempFile(directory, "shim", ".jar");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(made))) {
            zip.putNextEntry(new ZipEntry(entry));
        }
        return made;
    }
}

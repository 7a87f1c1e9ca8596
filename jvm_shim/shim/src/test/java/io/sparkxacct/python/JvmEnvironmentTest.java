package io.sparkxacct.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.sparkxacct.testkit.TestEnvironment;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JvmEnvironmentTest {
    private final JvmEnvironment environment = new JvmEnvironment();

    @Test
    void whatIsSetReachesProcessesThatAreStartedAsSparkDoesAndWhatIsTakenAwayDoesNot() throws Exception {
        try (TestEnvironment before = new TestEnvironment()) {
            environment.set("SPARK_XACCT_ENDPOINT", "/folder");
            assertEquals("/folder", environment.get("SPARK_XACCT_ENDPOINT"));
            assertEquals("/folder", inChild("SPARK_XACCT_ENDPOINT"));

            environment.set("SPARK_XACCT_ENDPOINT", null);
            assertNull(environment.get("SPARK_XACCT_ENDPOINT"));
            assertEquals("", inChild("SPARK_XACCT_ENDPOINT"));
        }
    }

    @Test
    void aJvmThatOpensNothingSaysWithWhatToStartIt() throws Exception {
        try (ChildJvm closed = ChildJvm.start("true", "environment")) {
            assertEquals("the environment of this JVM cannot be changed (InaccessibleObjectException), so Python processes cannot be told of the"
                + " endpoint; start the JVM with --add-opens=java.base/java.util=ALL-UNNAMED, as Spark's own scripts do", closed.line());
        }
    }

    private static String inChild(String name) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "printf %s \"$" + name + "\"");
        builder.environment().put("ANOTHER", "as Spark adds its own");
        Process child = builder.start();
        return new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}

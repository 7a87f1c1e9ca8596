package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RunTimeNamesTest {
    private static final Map<String, String> NONE = Map.of();

    @Test
    void theRunIsWhatIsKnownMostExactly() {
        assertEquals("given", run(Map.of("fs.xacct.run", "given"), Map.of("spark.yarn.app.id", "application_1"), NONE));
        assertEquals("application_1", run(NONE, Map.of("spark.yarn.app.id", "application_1", "spark.app.id", "spark-2"), NONE));
        assertEquals("application_1", run(Map.of("spark.yarn.app.id", "application_1"), NONE, NONE));
        assertEquals("spark-2", run(NONE, Map.of("spark.app.id", "spark-2"), Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1")));
        assertEquals("spark-3", run(NONE, NONE, Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1", "SPARK_APPLICATION_ID", "spark-3")));
    }

    @Test
    void elseEightHexadecimalDigitsOncePerJvm() {
        String drawn = run(NONE, Map.of("spark.app.id", "local-1763800000000"), NONE);

        assertTrue(drawn.matches("[0-9a-f]{8}"), drawn);
        assertEquals(drawn, run(NONE, NONE, NONE));
    }

    @Test
    void theUserIsTheGivenOneElseHadoops() {
        assertEquals("ana", RunTimeNames.user(Map.of("fs.xacct.user", "ana")::get));
        assertEquals(System.getProperty("user.name"), RunTimeNames.user(NONE::get));
    }

    private static String run(Map<String, String> configuration, Map<String, String> properties, Map<String, String> environment) {
        return RunTimeNames.run(configuration::get, properties::get, environment::get);
    }
}

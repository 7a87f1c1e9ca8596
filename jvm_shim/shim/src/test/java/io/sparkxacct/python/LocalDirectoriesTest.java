package io.sparkxacct.python;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LocalDirectoriesTest {
    static Stream<Arguments> hosts() {
        String tmp = "/tmp";
        return Stream.of(
            Arguments.of("nothing is set", Map.of(), List.of(tmp)),
            Arguments.of("YARN", Map.of("CONTAINER_ID", "c_1", "LOCAL_DIRS", "/y1,/y2", "SPARK_LOCAL_DIRS", "/l"), List.of("/y1", "/y2", "/l", tmp)),
            Arguments.of("LOCAL_DIRS of somebody else", Map.of("LOCAL_DIRS", "/y1"), List.of(tmp)),
            Arguments.of("a standalone executor", Map.of("SPARK_EXECUTOR_DIRS", "/e1:/e2", "SPARK_LOCAL_DIRS", "/l"),
                List.of("/e1", "/e2", "/l", tmp)),
            Arguments.of("a pod", Map.of("SPARK_LOCAL_DIRS", "/var/data/spark-1,/var/data/spark-2"),
                List.of("/var/data/spark-1", "/var/data/spark-2", tmp)),
            Arguments.of("spark.local.dir", Map.of("spark.local.dir", "/s1, /s2,,/tmp/"), List.of("/s1", "/s2", tmp)),
            Arguments.of("a relative one", Map.of("spark.local.dir", "work"), List.of(Path.of("work").toAbsolutePath().toString(), tmp)),
            Arguments.of("one that is no path", Map.of("SPARK_LOCAL_DIRS", "/a\u0000b,/l"), List.of("/l", tmp)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hosts")
    void areThoseOfSparkInItsOrder(String host, Map<String, String> set, List<String> expected) {
        assertEquals(expected, LocalDirectories.candidates(set::get, set::get, Map.of("java.io.tmpdir", "/tmp")::get).stream()
            .map(Path::toString).toList());
    }
}

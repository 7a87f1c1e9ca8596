package io.sparkxacct.compat;

import io.sparkxacct.sts1.Sts1Line;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkxacct.testkit.StsRequestVectors;
import io.sparkxacct.testkit.Vectors;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class StsWireTest {
    @TempDir
    Path directory;

    @TestFactory
    Stream<DynamicTest> sendsExactlyTheFieldsOf() {
        return Vectors.list("sts_requests.json").stream().map(vector -> DynamicTest.dynamicTest(name(vector),
            () -> StsRequestVectors.check(vector, StaticBase.class.getName(), Sts1Line::new, directory)));
    }

    private static String name(JsonNode vector) {
        return vector.get("name").asText();
    }
}

package io.sparkxacct.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkxacct.testkit.Vectors;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What Python and Java must do alike. */
class PlanVectorsTest {
    @TestFactory
    Stream<DynamicTest> decides() {
        JsonNode file = Vectors.read("decide.json");
        return Vectors.items(file.get("cases")).stream().map(vector -> DynamicTest.dynamicTest(
            "%s: %s/%s".formatted(vector.get("plan").asText(), vector.get("bucket").asText(), vector.get("key").asText()), () -> {
                Plan plan = PlanReader.fromJson(file.get("plans").get(vector.get("plan").asText()).toString());
                Decision decision = plan.decide(vector.get("scheme").asText(), vector.get("bucket").asText(), vector.get("key").asText());
                assertEquals(vector.get("kind").asText(), decision.kind().word());
                assertEquals(vector.get("role").textValue(), decision.role());
                assertEquals(vector.get("binding").textValue(), decision.binding());
                assertEquals(vector.get("reason").asText(), decision.reason());
            }));
    }

    @TestFactory
    Stream<DynamicTest> readsOrRefuses() {
        return Vectors.list("plans.json").stream().map(vector -> DynamicTest.dynamicTest(vector.get("name").asText(), () -> {
            Map<String, String> parts = Vectors.texts(vector.get("parts"));
            if (vector.has("id")) {
                assertEquals(vector.get("id").asText(), PlanReader.read(PlanReader.join(parts::get)).id());
                return;
            }
            String message = assertThrows(PlanException.class, () -> PlanReader.read(PlanReader.join(parts::get))).getMessage();
            assertTrue(message.contains(vector.get("error").asText()), message);
        }));
    }

    @TestFactory
    Stream<DynamicTest> namesSessions() {
        return Vectors.list("session_names.json").stream().map(vector -> DynamicTest.dynamicTest(vector.toString(), () -> {
            String name = SessionName.fill(vector.get("template").asText(), vector.get("run").asText(), vector.get("user").asText());
            assertEquals(vector.get("name").asText(), name);
            assertTrue(name.matches("[A-Za-z0-9_+=,.@-]{2,64}"), name);
        }));
    }
}

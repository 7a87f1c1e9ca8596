package io.sparkxacct.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.session.StsLine;
import io.sparkxacct.session.StsSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;

/** Runs tests/vectors/sts_requests.json on one SDK: the exact form of each AssumeRole, as the server received it. */
public final class StsRequestVectors {
    /** The key of the base identity that a test brings. */
    public static final String BASE_KEY = "AKIABASE";

    private StsRequestVectors() {
    }

    /** {@code baseClass}: a provider of that SDK which answers BASE_KEY. {@code line} makes the SDK's line. */
    public static void check(JsonNode vector, String baseClass, Function<StsInputs, StsLine> line, Path directory) throws IOException {
        for (Map.Entry<String, String> file : Vectors.texts(vector.path("files")).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        try (LoopbackSts sts = LoopbackSts.start()) {
            Plan plan = plan(vector, baseClass, sts.endpoint(), directory);
            StsInputs inputs = new StsInputs(plan, vector.get("run").asText(), vector.get("user").asText(),
                Vectors.texts(vector.path("environment"))::get, new Configuration(false));
            assume(plan.chain(vector.get("role").asText()), new StsSource(inputs, line.apply(inputs)));

            List<JsonNode> expected = Vectors.items(vector.get("requests"));
            assertEquals(expected.size(), sts.requests().size(), "number of requests");
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(new TreeMap<>(Vectors.texts(expected.get(i).get("form"))), sts.requests().get(i).form());
                assertEquals(signer(expected.get(i).get("signer").asText(), plan), sts.requests().get(i).signer(), "signer");
            }
        }
    }

    private static Plan plan(JsonNode vector, String baseClass, String endpoint, Path directory) {
        ObjectNode document = vector.get("plan").deepCopy();
        ((ObjectNode) document.get("base")).put("v1", baseClass).put("v2", baseClass);
        ((ObjectNode) document.get("sts")).put("endpoint", endpoint);
        return PlanReader.fromJson(document.toString().replace("@DIRECTORY@", directory.toString()));
    }

    private static void assume(List<Plan.Role> chain, StsSource source) {
        RoleSession parent = source.base();
        for (int hop = 1; hop <= chain.size(); hop++) {
            parent = source.assume(chain.get(hop - 1), hop, chain.size(), parent);
        }
    }

    /** The key that the server gave to a role, or the base's. */
    private static String signer(String name, Plan plan) {
        if (name.equals("base")) {
            return BASE_KEY;
        }
        String arn = plan.role(name).roleArn();
        return LoopbackSts.accessKeyOf(arn.substring(arn.lastIndexOf('/') + 1));
    }
}

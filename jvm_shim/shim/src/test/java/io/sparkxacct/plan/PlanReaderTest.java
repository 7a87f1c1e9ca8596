package io.sparkxacct.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.testkit.PlanTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the shared vectors cannot hold: files, and messages that are this jar's own. */
class PlanReaderTest {
    private static final String JSON = PlanTexts.json("{\"kind\":\"env\"}", "http://sts", PlanTexts.role("partner"), "", "@deny");

    @TempDir
    Path directory;

    @Test
    void aFileHoldsTheTextOrTheJson() throws IOException {
        String id = PlanReader.fromJson(JSON).id();

        assertEquals(id, PlanReader.read("file:" + Files.writeString(directory.resolve("json"), JSON + "\n")).id());
        assertEquals(id, PlanReader.read("file:" + Files.writeString(directory.resolve("text"), PlanTexts.packed(JSON) + "\n")).id());
    }

    @Test
    void aFileThatCannotBeReadIsNamed() {
        assertEquals("the plan file /nonexistent/plan cannot be read on this host: java.nio.file.NoSuchFileException: /nonexistent/plan",
            refusal("file:/nonexistent/plan"));
        assertEquals("the plan file \"plan.json\" is not an absolute path; write file:/path/of/plan", refusal("file:plan.json"));
    }

    @Test
    void aNewerPlanIsRefusedWithWhatThisJarReads() {
        assertEquals("the plan has version 2; this jar 0.1.0 reads plan version 1; update the jar",
            refusal(PlanTexts.packed(JSON.replace("\"v\":1", "\"v\":2"))));
        assertEquals("the plan has field \"x\" at roles.partner that this jar 0.1.0 does not know; it reads plan version 1; update the jar",
            refusal(PlanTexts.packed(JSON.replace("3600}", "3600,\"x\":1}"))));
    }

    @Test
    void aPlanCutByOneCharacterIsUnderstandable() {
        String text = PlanTexts.packed(JSON);
        for (int cut = 1; cut < text.length() - "z1:".length(); cut++) {
            String message = refusal(text.substring(0, text.length() - cut));
            assertEquals("the plan text is cut or damaged (" + (text.length() - cut) + " characters: ", message.substring(0, message.indexOf(':') + 2));
        }
    }

    @Test
    void aTextOfAnotherKindIsQuotedShort() {
        assertEquals("the plan text starts with \"twelve signs\"; it must start with \"z1:\" or \"file:\"", refusal("twelve signs"));
        assertEquals("the plan text starts with \"thirteen cha...\"; it must start with \"z1:\" or \"file:\"", refusal("thirteen chars"));
    }

    @Test
    void aLifeIsAWholeNumberThatFitsAnInt() {
        Plan longest = PlanReader.fromJson(JSON.replace("3600", "2147483647"));

        assertEquals(2147483647, longest.role("partner").durationSeconds());
        for (String wrong : new String[] {"-1", "2147483648", "\"3600\""}) {
            assertEquals("the plan has no whole number in field \"DurationSeconds\" at roles.partner",
                refusal(PlanTexts.packed(JSON.replace("3600", wrong))));
        }
    }

    @Test
    void aPrefixOfAPatternOrOfNoBucketIsRefused() {
        assertEquals("the plan has binding \"*/x/\"; a pattern cannot have prefixes", refusal(binding("*/x/")));
        assertEquals("the plan has binding \"/x/\"; a prefix is written BUCKET/PREFIX/", refusal(binding("/x/")));
        assertEquals("the plan has binding \"b/x\"; a prefix is written BUCKET/PREFIX/", refusal(binding("b/x")));
        assertEquals("the plan has binding \"b//x/\"; a prefix is written BUCKET/PREFIX/", refusal(binding("b//x/")));
        assertEquals("the plan has binding \"b/\"; a bucket without prefix is written without a slash", refusal(binding("b/")));
    }

    @Test
    void aBucketThatIsDeclaredTwiceIsRefused() {
        assertEquals("the plan cannot be used: bucket b is declared twice", refusal(owning("\"b\"")));
        assertEquals("the plan cannot be used: bucket o-* is declared twice", refusal(owning("\"o-*\",\"o-*\"")));
        assertEquals(1, PlanReader.read(owning("\"o-*\"")).bindings().size());
    }

    @Test
    void aDefaultRoleThatPythonMayNotHaveIsRefused() {
        assertEquals("the plan cannot be used: python.default_role \"partner\" is not among python.roles",
            refusal(PlanTexts.packed(JSON.replace("\"python\":{", "\"python\":{\"default_role\":\"partner\","))));
    }

    @Test
    void aFileThatIsTooLargeForAPlanIsRefused() throws IOException {
        Path file = Files.write(directory.resolve("large"), new byte[16 * 1024 * 1024 + 1]);

        assertEquals("the plan file " + file + " is larger than 16 MiB, so it is not a plan; write the path of one", refusal("file:" + file));
    }

    @Test
    void thePartsOfALongerPlanInCoreSiteBelongToNoShorterOne() throws IOException {
        Path site = Files.writeString(directory.resolve("core-site.xml"), """
            <configuration>
              <property><name>fs.xacct.plan</name><value>z1:long</value></property>
              <property><name>fs.xacct.plan.2</name><value>er</value></property>
              <property><name>fs.xacct.plan.3</name><value>plan</value></property>
              <property><name>fs.xacct.plan.4</name><value>.</value></property>
              <property><name>fs.xacct.plan.5</name><value>older</value></property>
            </configuration>""");
        for (String end : new String[] {"", " ", "."}) {
            Configuration configuration = new Configuration(false);
            configuration.addResource(site.toUri().toURL());
            assertEquals("z1:longerplan", PlanReader.join(configuration::getRaw));

            configuration.set("fs.xacct.plan", "z1:short");
            assertEquals("z1:shorterplan", PlanReader.join(configuration::getRaw));
            configuration.set("fs.xacct.plan.2", end);
            assertEquals(end, configuration.getRaw("fs.xacct.plan.2"));
            assertEquals("z1:short", PlanReader.join(configuration::getRaw));
        }
    }

    @Test
    void aGapIsRefusedUnlessThePlanEndsBeforeIt() {
        String gap = "the plan has a gap: fs.xacct.plan.4 is set and fs.xacct.plan.3 is not; set all parts again";

        assertEquals(gap, assertThrows(PlanException.class, () -> PlanReader.join(
            Map.of("fs.xacct.plan", "z1:a", "fs.xacct.plan.2", "b", "fs.xacct.plan.4", "d")::get)).getMessage());
        assertEquals(gap, assertThrows(PlanException.class, () -> PlanReader.join(
            Map.of("fs.xacct.plan", "z1:a", "fs.xacct.plan.2", "b", "fs.xacct.plan.4", ".")::get)).getMessage());
        assertEquals("z1:a", PlanReader.join(Map.of("fs.xacct.plan", "z1:a", "fs.xacct.plan.2", " ", "fs.xacct.plan.4", "d")::get));
        assertEquals("the plan has a gap: fs.xacct.plan.2 is set and fs.xacct.plan is not; set all parts again", assertThrows(
            PlanException.class, () -> PlanReader.join(Map.of("fs.xacct.plan", " ", "fs.xacct.plan.2", "b")::get)).getMessage());
    }

    @Test
    void noPlanIsNoError() {
        assertEquals(null, PlanReader.join(Map.<String, String>of()::get));
    }

    private static String binding(String key) {
        return PlanTexts.packed(PlanTexts.json("{\"kind\":\"env\"}", "http://sts", PlanTexts.role("partner"), "\"" + key + "\":\"partner\"", "@deny"));
    }

    private static String owning(String names) {
        return PlanTexts.packed(PlanTexts.json("{\"kind\":\"env\"}", "http://sts", PlanTexts.role("partner"), "\"b\":\"partner\"", "@deny")
            .replace("\"buckets\"", "\"own\":[" + names + "],\"buckets\""));
    }

    private static String refusal(String text) {
        return assertThrows(PlanException.class, () -> PlanReader.read(text)).getMessage();
    }
}

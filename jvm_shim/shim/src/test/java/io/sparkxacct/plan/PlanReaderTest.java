package io.sparkxacct.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.testkit.PlanTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
    void noPlanIsNoError() {
        assertEquals(null, PlanReader.join(Map.<String, String>of()::get));
    }

    private static String refusal(String text) {
        return assertThrows(PlanException.class, () -> PlanReader.read(text)).getMessage();
    }
}

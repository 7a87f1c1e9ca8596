package io.sparkxacct;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.testkit.PlanTexts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WhoAmITest {
    @AfterEach
    void nothingIsInForce() {
        JvmSessions.deactivate();
    }

    @Test
    void withoutAPlanItSaysSo() {
        assertEquals("fs.xacct.plan is not set in the Hadoop configuration of this JVM (spark.hadoop.fs.xacct.plan in Spark)",
            WhoAmI.caller("partner"));
    }

    @Test
    void whatStsDoesNotAnswerIsOneLine() {
        JvmSessions.activate(PlanTexts.packed(PlanTexts.json(PlanTexts.base("io.sparkxacct.sts2.StaticBase"), "http://127.0.0.1:1",
            PlanTexts.role("partner"), "", "@deny")), null, null);

        assertEquals("GetCallerIdentity: STS at http://127.0.0.1:1 cannot be reached: ConnectException: Connection refused", WhoAmI.caller("@base"));
    }
}

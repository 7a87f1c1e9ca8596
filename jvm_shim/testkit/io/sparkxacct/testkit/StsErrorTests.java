package io.sparkxacct.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.session.StsLine;
import io.sparkxacct.session.StsSource;
import java.time.Duration;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

/** What STS may answer instead of a session, on one SDK: the same words on both, and one attempt each. */
public abstract class StsErrorTests {
    private static final String HOP = "role partner: hop 1 of 1 (arn:aws:iam::444455556666:role/partner)";

    private final Function<StsInputs, StsLine> line;
    private final String base;

    protected StsErrorTests(Function<StsInputs, StsLine> line, String base) {
        this.line = line;
        this.base = base;
    }

    @Test
    void denied() {
        assertEquals(HOP + " refused by STS: AccessDenied; account 444455556666 must let the base identity assume it (trust policy),"
            + " or the account of the base identity must allow sts:AssumeRole on it\nnot you", answered(403, "AccessDenied", "not you"));
    }

    @Test
    void throttledWhichIsABadRequestForSts() {
        assertEquals(HOP + ": STS throttled (Throttling)\nRate exceeded", answered(400, "Throttling", "Rate exceeded"));
    }

    @Test
    void downWithAnAnswer() {
        try (LoopbackSts sts = LoopbackSts.start()) {
            sts.answering(request -> new LoopbackSts.Reply(503, "<html>busy</html>"));
            String message = failure(sts.endpoint());

            assertTrue(message.startsWith(HOP + ": STS at " + sts.endpoint() + " answered 503 ("), message);
            assertEquals(1, sts.requests().size());
        }
    }

    @Test
    void expiredSigner() {
        assertEquals(HOP + " refused by STS: ExpiredToken; the credentials of the base identity that signed the call are expired or revoked\n"
            + "The security token included in the request is expired", answered(403, "ExpiredToken", "The security token included in the request is expired"));
    }

    @Test
    void unreachable() {
        LoopbackSts gone = LoopbackSts.start();
        gone.close();

        String message = failure(gone.endpoint());

        assertTrue(message.startsWith(HOP + ": STS at " + gone.endpoint() + " cannot be reached: ConnectException: "), message);
        assertTrue(message.contains("Connection refused"), message);
    }

    @Test
    void silentForFiveSeconds() {
        try (LoopbackSts sts = LoopbackSts.start()) {
            sts.answering(request -> {
                sleep();
                return null;
            });
            long start = System.nanoTime();
            String message = failure(sts.endpoint());
            Duration waited = Duration.ofNanos(System.nanoTime() - start);

            assertTrue(message.startsWith(HOP + ": STS at " + sts.endpoint() + " cannot be reached: "), message);
            assertTrue(waited.compareTo(Duration.ofSeconds(25)) < 0, "waited " + waited);
            assertEquals(1, sts.requests().size());
        }
    }

    @Test
    void askedThroughTheProxyOfS3A() {
        try (LoopbackSts proxy = LoopbackSts.start()) {
            Configuration configuration = new Configuration(false);
            configuration.set("fs.s3a.proxy.host", "127.0.0.1");
            configuration.set("fs.s3a.proxy.port", proxy.endpoint().substring("http://127.0.0.1:".length()));
            proxy.answering(request -> LoopbackSts.Reply.error(407, "ProxyAuthenticationRequired", "who are you"));

            String message = failure("http://sts.example.test", configuration);

            assertTrue(message.startsWith(HOP + ": STS at http://sts.example.test answered 407 ("), message);
            assertEquals(1, proxy.requests().size());
        }
    }

    @Test
    void aProxyThatCannotWorkIsAFaultOfTheSettings() {
        Configuration configuration = new Configuration(false);
        configuration.set("fs.s3a.proxy.host", "proxy.corp");
        configuration.set("fs.s3a.proxy.username", "ana");

        assertEquals("fs.s3a.proxy.username and fs.s3a.proxy.password must be set both or not at all;"
            + " correct it: STS is asked through S3A's proxy", failure("http://sts.example.test", configuration));
    }

    private static void sleep() {
        try {
            Thread.sleep(30_000);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private String answered(int status, String code, String text) {
        try (LoopbackSts sts = LoopbackSts.start()) {
            sts.answering(request -> LoopbackSts.Reply.error(status, code, text));
            String message = failure(sts.endpoint());
            assertEquals(1, sts.requests().size(), "one attempt");
            return message;
        }
    }

    private String failure(String endpoint) {
        return failure(endpoint, new Configuration(false));
    }

    private String failure(String endpoint, Configuration configuration) {
        StsInputs inputs = new StsInputs(
            PlanReader.fromJson(PlanTexts.json(PlanTexts.base(base), endpoint, PlanTexts.role("partner"), "", "@deny")),
            "r1", "ana", name -> null, configuration);
        try (StsSource source = new StsSource(inputs, line.apply(inputs))) {
            return assertThrows(FailureException.class, () -> source.assume(inputs.plan().role("partner"), 1, 1, source.base())).getMessage();
        }
    }
}

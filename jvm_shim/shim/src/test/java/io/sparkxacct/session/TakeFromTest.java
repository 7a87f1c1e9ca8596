package io.sparkxacct.session;

import static io.sparkxacct.testkit.PlanTexts.json;
import static io.sparkxacct.testkit.PlanTexts.packed;
import static io.sparkxacct.testkit.PlanTexts.role;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.testkit.StandardError;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Role sessions from somebody else than STS, as executors have them. */
class TakeFromTest {
    private static final String PARTNER = plan("\"partner-data\":\"partner\",\"scratch\":\"@base\"");
    private static final String FINANCE = plan("\"partner-data\":\"finance\"");

    private final List<FakeLine> lines = new ArrayList<>();
    private final List<Taken> taken = new ArrayList<>();
    private final List<Runnable> closings = new ArrayList<>();
    private Failure noSdk;
    private final PlanInForce sessions = new PlanInForce(inputs -> {
        if (noSdk != null) {
            throw new FailureException(noSdk);
        }
        lines.add(new FakeLine());
        return new StsSource(inputs, lines.get(lines.size() - 1));
    }, closings::add);

    @AfterEach
    void stopThreads() {
        sessions.clear();
    }

    @Test
    void stsIsNotEvenOpenedForARole() {
        wrap();
        sessions.adopt(configuration(PARTNER));

        assertEquals("DRIVERpartner", key("partner-data"));
        assertEquals(0, lines.size());
    }

    @Test
    void theBaseIdentityIsThisJvmsOwn() {
        wrap();
        sessions.adopt(configuration(PARTNER));

        assertEquals("AKIABASE", key("scratch"));
        assertEquals(1, lines.size());
    }

    @Test
    void aPlanThatIsInForceGoesOnWithIt() {
        sessions.put(configuration(PARTNER));
        assertEquals("ASIAarn:aws:iam::444455556666:role/partner", key("partner-data"));
        wrap();

        assertEquals("DRIVERpartner", key("partner-data"));
        sessions.adopt(configuration(PARTNER));
        assertEquals(1, taken.size());
        assertEquals(1, closings.size());
        closings.get(0).run();
        assertTrue(lines.get(0).closed);
        assertEquals("DRIVERpartner", key("partner-data"));
    }

    @Test
    void aDrainedPlanStaysDrainedUntilItIsActivatedAgain() {
        sessions.put(configuration(PARTNER));
        key("partner-data");
        sessions.drain();
        wrap();

        assertEquals("ASIAarn:aws:iam::444455556666:role/partner", key("partner-data"));
        sessions.put(configuration(PARTNER));
        assertEquals("DRIVERpartner", key("partner-data"));
    }

    @Test
    void anActivatedPlanIsStillActivatedAfterwards() {
        sessions.put(configuration(PARTNER));
        wrap();
        StandardError.of(() -> sessions.adopt(configuration(FINANCE)));

        assertEquals("DRIVERpartner", key("partner-data"));
    }

    @Test
    void aPlanThatOnlyAFileSystemBroughtCanStillBeReplaced() {
        sessions.adopt(configuration(PARTNER));
        wrap();
        sessions.adopt(configuration(FINANCE));

        assertEquals("DRIVERfinance", key("partner-data"));
    }

    @Test
    void whatCannotBeUsedStaysSo() {
        StandardError.of(() -> sessions.adopt(configuration("z1:broken")));
        wrap();

        assertTrue(refusal("partner-data").startsWith("bucket partner-data: the plan text is cut or damaged"), refusal("partner-data"));
        sessions.adopt(configuration(PARTNER));
        assertEquals("DRIVERpartner", key("partner-data"));
    }

    @Test
    void aJvmThatCannotAskStsNeedsItForTheBaseIdentityOnly() {
        noSdk = Failure.plan("no SDK has STS", "add its module");
        StandardError.of(() -> sessions.adopt(configuration(PARTNER)));
        assertEquals("bucket partner-data: no SDK has STS; add its module", refusal("partner-data"));
        wrap();
        sessions.put(configuration(PARTNER));

        assertEquals("DRIVERpartner", key("partner-data"));
        assertEquals("bucket scratch: no SDK has STS; add its module", refusal("scratch").replaceAll("; retry after .*", ""));
    }

    @Test
    void theSourceIsClosedWithItsPlan() {
        wrap();
        sessions.adopt(configuration(PARTNER));
        key("scratch");
        sessions.clear();
        assertFalse(taken.get(0).closed);
        closings.get(0).run();

        assertTrue(taken.get(0).closed);
        assertTrue(lines.get(0).closed);
    }

    @Test
    void anOfferIsOfThePlanThatWasAskedForOnly() throws InterruptedException {
        Plan partner = PlanReader.fromJson(PARTNER);
        sessions.put(configuration(PARTNER));
        key("partner-data");
        assertEquals("ASIAarn:aws:iam::444455556666:role/partner", sessions.offer(partner, "partner").session().accessKeyId());
        assertEquals("ASIAarn:aws:iam::444455556666:role/partner", sessions.offer(partner, "partner", 1_000_000).session().accessKeyId());
        sessions.put(configuration(FINANCE));

        assertEquals("UNREACHABLE: role partner: plan " + partner.id() + " is no longer in force",
            assertThrows(FailureException.class, () -> sessions.offer(partner, "partner")).failure().toString());
    }

    private void wrap() {
        sessions.takeFrom((plan, sts) -> {
            Taken source = new Taken(sts);
            taken.add(source);
            return source;
        });
    }

    private String key(String bucket) {
        return sessions.session("s3a", bucket).accessKeyId();
    }

    private String refusal(String bucket) {
        return assertThrows(FailureException.class, () -> sessions.session("s3a", bucket)).getMessage();
    }

    private static String plan(String buckets) {
        return json("{\"kind\":\"env\"}", "https://sts", role("partner") + "," + role("finance"), buckets, "@deny");
    }

    private static Configuration configuration(String plan) {
        Configuration configuration = new Configuration(false);
        configuration.set(Keys.PLAN, plan.startsWith("{") ? packed(plan) : plan);
        return configuration;
    }

    private static final class Taken implements SessionSource, AutoCloseable {
        private final SessionSource sts;
        private boolean closed;

        Taken(SessionSource sts) {
            this.sts = sts;
        }

        @Override
        public RoleSession assume(Plan.Role role, int hop, int hops, RoleSession signer) {
            return new RoleSession("DRIVER" + role.name(), "secret", "token", Instant.now().plusSeconds(1800), Instant.now().plusSeconds(600));
        }

        @Override
        public RoleSession base() {
            return sts.base();
        }

        @Override
        public boolean givesWholeChains() {
            return true;
        }

        @Override
        public void close() throws Exception {
            closed = true;
            ((AutoCloseable) sts).close();
        }
    }
}

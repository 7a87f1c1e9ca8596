package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.session.FakeSts.Answer;
import io.sparkxacct.session.SessionLab.Read;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The base identity as hop 0: asked by one thread, remembered when it fails, and asked anew when its credentials are dead. */
class BaseSlotTest {
    private static final String PARTNER = "arn:aws:iam::444455556666:role/partner";
    private static final String MISSING = "the base identity is arn:a; fix it; retry after 08:00:30 UTC";

    private final SessionLab lab = new SessionLab("partner", "finance");

    @AfterEach
    void everyCallWasSignedByTheRightIdentityAndAlone() {
        assertEquals(List.of(), lab.sts.violations);
        lab.end();
    }

    @Test
    void manyReadersOfBucketsAndRolesAskOnce() {
        List<Read> reads = new ArrayList<>();
        for (int reader = 0; reader < 20; reader++) {
            lab.readLater("@base", reads::add);
            lab.readLater("partner", reads::add);
            lab.readLater("finance", reads::add);
        }
        lab.pass(Duration.ofSeconds(1));
        assertEquals(60, reads.stream().filter(read -> read.session() != null).count());
        assertEquals(1, lab.sts.baseCalls.size());
        assertEquals("FRESH", lab.state("@base"));
    }

    @Test
    void aWrongBaseIsRememberedForAllReaders() {
        lab.sts.base = Answer.DENY;
        for (int reader = 0; reader < 50; reader++) {
            assertEquals(MISSING, lab.read("@base").failure().firstLine(null));
            assertEquals("role partner: hop 1 of 1 (" + PARTNER + "): " + MISSING, lab.read("partner").failure().firstLine(null));
        }
        assertEquals(1, lab.sts.baseCalls.size());
        assertEquals("DENIED", lab.state("@base"));
        assertEquals(0, lab.sts.calls.size());

        lab.sts.base = Answer.OK;
        lab.pass(Duration.ofSeconds(31));
        assertEquals("partner", FakeSts.roleOf(lab.read("partner").session()));
    }

    @Test
    void whatPassesIsTriedAgainWhileReadersWait() {
        lab.sts.base = Answer.THROTTLE;
        List<Read> reads = new ArrayList<>();
        lab.readLater("@base", reads::add);
        lab.readLater("partner", reads::add);
        lab.pass(Duration.ofMillis(500));
        assertEquals(0, reads.size());
        assertEquals("EXPIRED", lab.state("@base"));
        lab.sts.base = Answer.OK;
        lab.pass(Duration.ofSeconds(8));
        assertEquals(2, reads.size());
        reads.forEach(read -> assertNull(read.failure()));
    }

    @Test
    void anOutageIsToldWithItsAttempts() {
        lab.sts.base = Answer.THROTTLE;
        Read read = lab.read("partner");
        assertEquals(Failure.Kind.THROTTLED, read.failure().kind());
        assertTrue(read.failure().firstLine(null).matches("role partner: hop 1 of 1 \\(" + PARTNER
            + "\\): STS throttled \\(Throttling\\) after \\d+ attempts; retry after .*"), read.failure().firstLine(null));
    }

    @Test
    void keysThatDoNotTellTheirEndAreAskedForAgainWhileTheyAreRead() {
        RoleSession first = lab.read("@base").session();
        for (int second = 0; second < 60; second++) {
            lab.pass(Duration.ofSeconds(1));
            Read read = lab.read("@base");
            assertEquals(Duration.ZERO, read.waited());
            assertSame(first, read.session());
        }
        lab.pass(Duration.ofSeconds(1));
        int asked = lab.sts.baseCalls.size();
        assertTrue(asked >= 9 && asked <= 14, () -> asked + " questions");
        lab.pass(Duration.ofHours(5));
        assertEquals(asked, lab.sts.baseCalls.size());
    }

    @Test
    void aSessionThatTellsItsEndIsRenewedInItsSecondHalf() {
        lab.sts.baseLife = Duration.ofHours(1);
        RoleSession first = lab.read("@base").session();
        lab.pass(Duration.ofMinutes(26));
        assertSame(first, lab.read("@base").session());
        lab.pass(Duration.ofMinutes(5));
        Read due = lab.read("@base");
        assertEquals(Duration.ZERO, due.waited());
        assertSame(first, due.session());
        lab.pass(Duration.ofSeconds(1));
        assertNotSame(first, lab.read("@base").session());
        assertEquals(2, lab.sts.baseCalls.size());
    }

    @Test
    void aClockAheadDoesNotMakeEachReadACall() {
        lab.sts.baseLife = Duration.ofHours(1);
        lab.time.setClockAhead(Duration.ofMinutes(75));
        for (int read = 0; read < 100; read++) {
            lab.read("@base");
        }
        assertEquals(1, lab.sts.baseCalls.size());
        assertEquals(List.of(lab.planLine("the clock of this host is 75 min ahead of STS: a new session looks expired;"
            + " its life is counted from the request instead. Set the clock.")), lab.warnings);
    }

    @Test
    void aRenewalThatIsRefusedServesOnAndSaysSoOnce() {
        lab.sts.baseLife = Duration.ofHours(1);
        RoleSession first = lab.read("@base").session();
        lab.sts.base = Answer.DENY;
        for (int minute = 0; minute < 50; minute++) {
            lab.pass(Duration.ofMinutes(1));
            assertSame(first, lab.read("@base").session());
        }
        assertEquals("SUSPECT", lab.state("@base"));
        assertEquals(List.of(lab.planLine("the base identity is arn:a; fix it\nThe session at hand serves until 2027-01-15T09:00:00Z;"
            + " probing until then.")), lab.warnings);
    }

    @Test
    void deadKeysAreForgottenAndTheHopIsTriedWithTheNextOnes() {
        lab.sts.answer("partner", Answer.DEAD_PARENT);
        List<Read> reads = new ArrayList<>();
        lab.readLater("partner", reads::add);
        lab.pass(Duration.ofMillis(500));
        assertEquals(1, lab.sts.forgotten);
        lab.sts.forget("partner");
        lab.pass(Duration.ofSeconds(3));
        assertEquals("partner", FakeSts.roleOf(reads.get(0).session()));
        assertEquals(List.of("AKIA-base-0", "AKIA-base-1"), lab.sts.baseCalls);
    }

    @Test
    void keysThatStayDeadAreADenialAndAreLookedForOnceAMinute() {
        lab.sts.answer("partner", Answer.DEAD_PARENT);
        Read read = lab.read("partner");
        assertEquals(Failure.Kind.DENIED, read.failure().kind());
        assertTrue(read.waited().compareTo(Duration.ofSeconds(3)) < 0, read::toString);
        assertEquals(2, lab.sts.count("partner"));
        lab.read("partner");
        assertEquals(2, lab.sts.count("partner"));
        assertEquals(1, lab.sts.forgotten);
    }

    @Test
    void aDefectIsAnOutageOfTheBase() {
        lab.sts.base = Answer.CRASH;
        assertTrue(lab.read("partner").failure().firstLine(null).startsWith("role partner: hop 1 of 1 (" + PARTNER
            + "): the attempt ended with java.lang.IllegalStateException: a defect"));
    }

    @Test
    void afterTheDrainItIsStillAskedAndLeavesNoThread() {
        lab.sessions.drain();
        assertEquals("AKIA-base-0", lab.read("@base").session().accessKeyId());
        lab.pass(Duration.ofMinutes(1));
        assertEquals("AKIA-base-0", lab.read("@base").session().accessKeyId());
        lab.pass(Duration.ZERO);
        assertEquals(0, lab.time.threadsAlive());
        assertEquals(2, lab.sts.baseCalls.size());
    }
}

package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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

/** After drain: no timer, no thread, and still an answer, because Spark closes its event log after its plugins. */
class RoleSessionsDrainTest {
    private final SessionLab lab = new SessionLab("hub", "partner<hub");

    @AfterEach
    void everyCallWasSignedByTheRightIdentityAndAlone() {
        assertEquals(List.of(), lab.sts.violations);
        lab.end();
    }

    @Test
    void aValidSessionServesToItsEndWithoutARefresh() {
        RoleSession session = lab.read("partner").session();
        lab.sessions.drain();
        lab.pass(Duration.ofMinutes(59));
        assertSame(session, lab.read("partner").session());
        assertEquals(2, lab.sts.calls.size());
        assertEquals("DRAINED", lab.state("partner"));
        assertEquals(Forced.NOT_NOW, lab.force("partner"));
    }

    @Test
    void anExpiredChainIsFetchedOnThreadsThatEndWithIt() {
        lab.read("partner");
        lab.sessions.drain();
        lab.pass(Duration.ofMinutes(61));
        Read read = lab.read("partner");
        assertEquals("partner", FakeSts.roleOf(read.session()));
        assertEquals(4, lab.sts.calls.size());
        assertNotEquals(Thread.currentThread(), lab.sts.lastCaller);
        lab.pass(Duration.ZERO);
        assertEquals(0, lab.time.threadsAlive());
    }

    @Test
    void twoReadersShareTheInlineFetch() {
        lab.sessions.drain();
        List<Read> reads = new ArrayList<>();
        lab.readLater("partner", reads::add);
        lab.readLater("partner", reads::add);
        lab.pass(Duration.ofSeconds(5));
        assertEquals(2, lab.sts.calls.size());
        assertSame(reads.get(0).session(), reads.get(1).session());
    }

    @Test
    void anInterruptOfTheReaderThatCausedTheFetchLeavesItToTheOthers() {
        lab.sessions.drain();
        List<Read> interrupted = new ArrayList<>();
        List<Read> other = new ArrayList<>();
        VirtualTime.Fiber victim = lab.readLater("partner", interrupted::add);
        lab.pass(Duration.ofMillis(50));
        lab.readLater("partner", other::add);
        lab.pass(Duration.ofMillis(10));
        victim.interrupt();
        lab.pass(Duration.ofSeconds(1));
        assertEquals("role partner: hop 2 of 2 (arn:aws:iam::444455556666:role/partner): interrupted while waiting for STS",
            interrupted.get(0).failure().firstLine(null));
        assertEquals("partner", FakeSts.roleOf(other.get(0).session()));
        assertEquals(2, lab.sts.calls.size());
    }

    @Test
    void aFailureIsFinalForTheReadAndRememberedForItsTime() {
        lab.sessions.drain();
        lab.sts.answer("hub", Answer.THROTTLE);
        Read read = lab.read("partner");
        assertEquals(Duration.ofMillis(100), read.waited());
        assertEquals(Failure.Kind.THROTTLED, read.failure().kind());
        lab.read("partner");
        assertEquals(1, lab.sts.count("hub"));
        lab.sts.forget("hub");
        lab.pass(Duration.ofSeconds(3));
        assertNull(lab.read("partner").failure());
    }

    @Test
    void aReaderThatWaitsForTheTimerIsReleased() {
        lab.read("partner");
        lab.sts.answer("*", Answer.DOWN);
        lab.pass(Duration.ofMinutes(61));
        while (lab.untilNextAttempt("partner").getSeconds() > 8 || lab.untilNextAttempt("partner").toMillis() < 1500) {
            lab.pass(Duration.ofMillis(500));
        }
        List<Read> reads = new ArrayList<>();
        lab.readLater("partner", reads::add);
        lab.pass(Duration.ofMillis(100));
        assertEquals(0, reads.size());
        lab.sessions.drain();
        lab.pass(Duration.ZERO);
        assertEquals(Failure.Kind.UNREACHABLE, reads.get(0).failure().kind());
    }

    @Test
    void aFetchUnderWayIsFinishedAndLeavesNothing() {
        List<Read> reads = new ArrayList<>();
        lab.readLater("partner", reads::add);
        lab.pass(Duration.ofMillis(50));
        lab.sessions.drain();
        lab.sessions.drain();
        lab.pass(Duration.ofSeconds(1));
        assertEquals("partner", FakeSts.roleOf(reads.get(0).session()));
        assertEquals(2, lab.sts.calls.size());
        assertEquals(0, lab.time.threadsAlive());
        lab.pass(Duration.ofHours(2));
        assertEquals(2, lab.sts.calls.size());
        assertTrue(lab.time.isIdle());
    }
}

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lives: how they are counted when clocks are wrong, and when they are short. */
class RoleSessionsClockTest {
    private final SessionLab lab = new SessionLab("hub", "partner<hub");

    @AfterEach
    void everyCallWasSignedByTheRightIdentityAndAlone() {
        assertEquals(List.of(), lab.sts.violations);
        lab.end();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aDayAtOneHourOfLifeTakes48To54FetchesAHop(long seed) {
        SessionLab day = new SessionLab(Plans.chain(3), seed, 3);
        day.read("r3");
        for (int minute = 0; minute < 24 * 60; minute++) {
            day.pass(Duration.ofMinutes(1));
            Read read = day.read("r3");
            assertNull(read.failure());
            assertEquals(Duration.ZERO, read.waited());
        }
        for (String role : List.of("r1", "r2", "r3")) {
            long fetches = day.sts.count(role);
            assertTrue(fetches >= 48 && fetches <= 54, () -> fetches + " fetches of " + role);
        }
        assertEquals(List.of(), day.sts.violations);
        day.end();
    }

    @Test
    void livesOfSecondsAreRefreshedInTimeToo() {
        lab.sts.life = Duration.ofSeconds(3);
        lab.read("partner");
        for (int step = 0; step < 1000; step++) {
            lab.pass(Duration.ofMillis(100));
            Read read = lab.read("partner");
            assertEquals(Duration.ZERO, read.waited());
            assertTrue(lab.sts.isAlive(read.session()));
        }
        long fetches = lab.sts.count("partner");
        assertTrue(fetches >= 67 && fetches <= 75, () -> fetches + " fetches");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 40, -40})
    void lifeCountsFromTheRequestAndNotFromTheAnswer(long minutesSetAheadAfterwards) {
        lab.sts.latency = Duration.ofSeconds(10);
        lab.read("hub");
        lab.sts.answer("hub", Answer.DOWN);
        lab.time.setClockAhead(Duration.ofMinutes(minutesSetAheadAfterwards));
        Duration left = minutesSetAheadAfterwards > 0 ? Duration.ofMinutes(20) : Duration.ofMinutes(60);
        lab.pass(left.minusSeconds(11));
        assertTrue(lab.state("hub").equals("RETRY") || lab.state("hub").equals("FRESH"), lab.state("hub"));
        lab.pass(Duration.ofSeconds(1));
        assertEquals("EXPIRED", lab.state("hub"));
    }

    @Test
    void aClockThatWasAlwaysBehindDoesNotProlongASession() {
        lab.time.setClockAhead(Duration.ofMinutes(-40));
        lab.read("hub");
        lab.sts.answer("hub", Answer.DOWN);
        lab.pass(Duration.ofMinutes(61));
        assertEquals("EXPIRED", lab.state("hub"));
    }

    @Test
    void aSuspendedMachineWithAClockBehindDoesNotProlongASessionEither() {
        lab.time.setClockAhead(Duration.ofMinutes(-90));
        lab.read("hub");
        lab.time.suspend(Duration.ofMinutes(61));
        assertEquals("EXPIRED", lab.state("hub"));
    }

    @Test
    void aClockThatJumpsAheadEndsASessionAndTheNextOneIsCountedFromItsRequest() {
        RoleSession first = lab.read("hub").session();
        lab.time.setClockAhead(Duration.ofMinutes(75));
        RoleSession second = lab.read("hub").session();
        assertNotSame(first, second);
        lab.pass(Duration.ofMinutes(20));
        assertSame(second, lab.read("hub").session());
        lab.pass(Duration.ofMinutes(11));
        assertNotSame(second, lab.read("hub").session());
        assertEquals(3, lab.sts.count("hub"));
        assertEquals(List.of(lab.planLine("the clock of this host is 75 min ahead of STS: a new session looks expired;"
            + " its life is counted from the request instead. Set the clock.")), lab.warnings);
    }

    @Test
    void aRequestThatIsDatedWrongIsTriedOnceMoreBecauseSdksCorrectTheirClock() {
        lab.sts.answer("hub", Answer.SKEWED);
        List<Read> reads = new ArrayList<>();
        lab.readLater("hub", reads::add);
        lab.pass(Duration.ofMillis(500));
        lab.sts.forget("hub");
        lab.pass(Duration.ofSeconds(2));
        assertNull(reads.get(0).failure());

        lab.sts.answer("partner", Answer.SKEWED);
        Read read = lab.read("partner");
        assertEquals(2, lab.sts.count("partner"));
        assertTrue(read.failure().firstLine(null).startsWith("role partner: hop 2 of 2 (arn:aws:iam::444455556666:role/partner) refused by STS:"
            + " RequestTimeTooSkewed; set the clock of this host: STS refuses requests whose time is minutes off; retry after "),
            read.failure().firstLine(null));
    }

    @Test
    void aLifeMuchShorterThanAskedForIsSaidOnceAndRefreshedRight() {
        lab.time.setClockAhead(Duration.ofMinutes(55));
        lab.read("partner");
        lab.pass(Duration.ofMinutes(30));
        assertEquals(List.of(lab.planLine("role hub: hop 1 of 1 (arn:aws:iam::111122223333:role/hub) was asked for 3600 s, and by the clock of"
            + " this host 300 s are left at once; if STS does not give shorter sessions, set the clock.")), lab.warnings);
        assertTrue(lab.sts.count("hub") >= 10, () -> lab.sts.count("hub") + " fetches");
    }

    @Test
    void aHopIsAssumedOnlyFromAParentThatHasAMinuteLeft() {
        lab.read("hub");
        lab.sts.answer("hub", Answer.DOWN);
        lab.pass(Duration.ofMinutes(60).minusSeconds(59));
        List<Read> reads = new ArrayList<>();
        lab.readLater("partner", reads::add);
        lab.pass(Duration.ofSeconds(29));
        assertEquals(0, lab.sts.count("partner"));
        lab.sts.forget("hub");
        lab.pass(Duration.ofSeconds(61));
        assertEquals(1, lab.sts.count("partner"));
        assertEquals("FRESH", lab.state("partner"));
    }

    @Test
    void aHopIsAssumedFromAParentThatHasMoreThanAMinuteLeft() {
        lab.read("hub");
        lab.sts.answer("hub", Answer.DOWN);
        lab.pass(Duration.ofMinutes(60).minusSeconds(62));
        assertEquals("partner", FakeSts.roleOf(lab.read("partner").session()));
    }

    @Test
    void theParentsMarginShrinksWithItsLife() {
        lab.sts.life = Duration.ofSeconds(5);
        lab.read("hub");
        lab.sts.answer("hub", Answer.DOWN);
        lab.pass(Duration.ofSeconds(4));
        assertEquals("partner", FakeSts.roleOf(lab.read("partner").session()));
    }

    @Test
    void expiredParentAndChildAreFetchedInOrder() {
        lab.read("partner");
        lab.time.suspend(Duration.ofHours(2));
        lab.pass(Duration.ofMinutes(31));
        assertEquals(List.of("hub", "partner", "hub", "partner"), lab.sts.calls.stream().map(FakeSts.Call::role).toList());
    }
}

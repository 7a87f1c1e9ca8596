package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is counted of a role's life, and what its status says is left. */
class RoleSessionsCountsTest {
    private final SessionLab lab = new SessionLab("hub");

    @AfterEach
    void end() {
        lab.end();
    }

    @Test
    void aFetchIsCountedOnceHoweverManyRead() {
        for (int read = 0; read < 1_000; read++) {
            lab.read("hub");
        }

        assertEquals("1 fetches", lab.counted());
    }

    @Test
    void aFetchWhileASessionServesIsARefreshToo() {
        lab.read("hub");
        lab.pass(Duration.ofMinutes(40));

        assertEquals("2 fetches, 1 refreshes", lab.counted());
    }

    @Test
    void aFetchAfterTheEndIsNone() {
        lab.read("hub");
        lab.time.suspend(Duration.ofHours(2));
        lab.read("hub");

        assertEquals("2 fetches", lab.counted());
    }

    @ParameterizedTest
    @CsvSource({
        "DENY, '1 fetches, 1 failures.denied'",
        "THROTTLE, '1 fetches, 1 failures.throttled'",
        "DOWN, '1 fetches, 1 failures.unreachable'",
        "CRASH, '1 fetches, 1 failures.unreachable'",
    })
    void aFetchThatFailsIsCountedByItsKind(FakeSts.Answer answer, String counted) {
        lab.sts.answer("hub", answer);
        lab.sessions.offer("hub");
        lab.pass(Duration.ofMillis(500));

        assertEquals(counted, lab.counted());
    }

    @Test
    void aFailureOfTheBaseIdentityIsCountedOnceAndNotForTheHopsBehindIt() {
        lab.sts.base = FakeSts.Answer.DENY;
        lab.read("hub");

        assertEquals("1 failures.baseMissing", lab.counted());
    }

    @Test
    void aRememberedDenialIsNoAttempt() {
        lab.sts.answer("hub", FakeSts.Answer.DENY);
        lab.read("hub");
        lab.read("hub");

        assertEquals("1 fetches, 1 failures.denied", lab.counted());
    }

    @Test
    void theStatusSaysForHowLongASessionServes() {
        assertNull(lab.status("hub").secondsLeft());
        lab.read("hub");
        lab.pass(Duration.ofMinutes(10));
        assertEquals(3_000, lab.status("hub").secondsLeft(), 1);
        lab.time.setClockAhead(Duration.ofMinutes(20));
        assertEquals(1_800, lab.status("hub").secondsLeft(), 1);
        lab.time.suspend(Duration.ofHours(2));
        assertEquals(0, lab.status("hub").secondsLeft());
        assertNull(lab.status("@base").secondsLeft(), "keys that do not tell their end");
    }
}

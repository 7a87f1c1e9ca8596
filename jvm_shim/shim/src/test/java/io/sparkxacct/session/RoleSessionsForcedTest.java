package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.session.FakeSts.Answer;
import io.sparkxacct.session.SessionLab.Read;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sessions that S3 or STS calls dead before their time, as when a role was deleted and made anew. */
class RoleSessionsForcedTest {
    private final SessionLab lab = new SessionLab("hub", "partner<hub");

    @AfterEach
    void everyCallWasSignedByTheRightIdentityAndAlone() {
        assertEquals(List.of(), lab.sts.violations);
        lab.end();
    }

    @Test
    void aDeadSessionIsReplacedAtMostOnceAMinute() {
        RoleSession dead = lab.read("partner").session();
        assertEquals(Forced.STARTED, lab.force("partner"));
        assertEquals(Forced.UNDER_WAY, lab.force("partner"));
        assertSame(dead, lab.read("partner").session());
        lab.pass(Duration.ofSeconds(59));
        assertNotSame(dead, lab.read("partner").session());
        assertEquals(Forced.NOT_NOW, lab.force("partner"));
        lab.pass(Duration.ofSeconds(2));
        assertEquals(Forced.STARTED, lab.force("partner"));
        lab.pass(Duration.ofSeconds(1));
        assertEquals(3, lab.sts.count("partner"));
    }

    @Test
    void aKeyThatIsNoLongerAtHandForcesNothing() {
        String older = lab.read("partner").session().accessKeyId();
        lab.pass(Duration.ofMinutes(40));
        lab.read("partner");

        assertEquals(Forced.REPLACED, lab.sessions.forceRefresh("partner", RefusedKey.dead(older)));
        assertEquals(Forced.REPLACED, lab.sessions.forceRefresh("partner", RefusedKey.doubted(older)));
        assertFalse(lab.sessions.isAtHand("partner", older));
        assertEquals(2, lab.sts.count("partner"));
    }

    @Test
    void aDoubtForcesAtMostOnceAnHourAndADeadKeyNonetheless() {
        lab.read("partner");
        assertEquals(Forced.STARTED, doubt());
        for (int minutes = 2; minutes < 60; minutes += 2) {
            lab.pass(Duration.ofMinutes(2));
            assertEquals(Forced.NOT_NOW, doubt());
        }
        assertEquals(Forced.STARTED, lab.force("partner"));
        lab.pass(Duration.ofMinutes(2));
        assertEquals(Forced.STARTED, doubt());
    }

    private Forced doubt() {
        return lab.sessions.forceRefresh("partner", RefusedKey.doubted(lab.read("partner").session().accessKeyId()));
    }

    @Test
    void nothingIsForcedWithoutASessionOrWhileBackingOff() {
        assertEquals(Forced.NOT_NOW, lab.force("partner"));
        lab.read("partner");
        lab.sts.answer("partner", Answer.DOWN);
        lab.pass(Duration.ofMinutes(40));
        assertEquals(Forced.NOT_NOW, lab.force("partner"));
    }

    @Test
    void theNextHopWaitsForTheSuccessorOfASessionThatIsCalledDead() {
        lab.read("partner");
        lab.sts.latency = Duration.ofSeconds(5);
        assertEquals(Forced.STARTED, lab.force("hub"));
        assertEquals(Forced.STARTED, lab.force("partner"));
        lab.pass(Duration.ofSeconds(6));
        assertEquals(List.of("hub", "partner", "hub", "partner"), lab.sts.calls.stream().map(FakeSts.Call::role).toList());
        assertEquals(Duration.ofMillis(5_200), lab.sts.calls.get(3).at());
    }

    @Test
    void aTimerTaskThatWasOvertakenIsCancelled() {
        lab.read("partner");
        assertEquals(2, lab.time.scheduled());
        lab.force("partner");
        lab.pass(Duration.ofSeconds(1));
        assertEquals(2, lab.time.scheduled());
    }

    @Test
    void aHubWhoseSessionIsDeadIsFetchedAnewForThePartner() {
        lab.read("hub");
        lab.sts.answer("partner", Answer.DEAD_PARENT);
        lab.readLater("partner", read -> { });
        lab.pass(Duration.ofMillis(500));
        assertEquals(2, lab.sts.count("hub"));
        assertEquals("EXPIRED", lab.state("partner"));
        lab.sts.forget("partner");
        lab.pass(Duration.ofSeconds(3));
        assertEquals("FRESH", lab.state("partner"));
    }

    @Test
    void aDeadHubThatIsNotRenewedDeniesItsPartnerByItsOwnCause() {
        lab.read("hub");
        lab.sts.answer("hub", Answer.DENY);
        lab.sts.answer("partner", Answer.DEAD_PARENT);
        String cause = "role partner: hop 1 of 2 (arn:aws:iam::111122223333:role/hub) refused by STS: AccessDenied; account 111122223333 must let"
            + " arn:aws:iam::111122223333:role/etl assume it (trust policy), or account 111122223333 must allow sts:AssumeRole on it; retry after ";

        Read read = lab.read("partner");

        assertEquals(cause + "08:01:00 UTC", read.failure().firstLine(null));
        assertTrue(read.waited().compareTo(Duration.ofSeconds(3)) < 0, read::toString);
        assertEquals("SUSPECT DENIED", lab.state("hub") + " " + lab.state("partner"));
        for (int second = 0; second < 600; second++) {
            lab.pass(Duration.ofSeconds(1));
            Read next = lab.read("partner");
            assertEquals(cause, next.failure().firstLine(null).replaceFirst("[0-9:]+ UTC$", ""));
        }
        assertTrue(lab.sts.count("partner") <= 12, () -> lab.sts.calls.toString());

        lab.sts.forget("hub");
        lab.sts.forget("partner");
        lab.pass(Duration.ofSeconds(62));
        assertEquals("partner", FakeSts.roleOf(lab.read("partner").session()));
    }
}

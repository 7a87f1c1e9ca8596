package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is said at once of a role to somebody who may not wait. */
class RoleSessionsOfferTest {
    private final SessionLab lab = new SessionLab("hub", "partner<hub");

    @AfterEach
    void end() {
        lab.end();
    }

    @Test
    void theFirstQuestionStartsTheOneFetchAndIsToldNothing() {
        assertNull(lab.sessions.offer("partner"));
        assertNull(lab.sessions.offer("partner"));
        assertEquals(Duration.ZERO, lab.time.elapsed());
        lab.pass(Duration.ofSeconds(1));

        Offer offer = lab.sessions.offer("partner");
        assertSame(lab.read("partner").session(), offer.session());
        assertEquals(1, lab.sts.count("partner"));
        assertEquals(1, lab.sts.count("hub"));
    }

    @Test
    void saysWhatIsLeftAndWhenTheNextOneIsLookedFor() {
        lab.sessions.offer("hub");
        lab.pass(Duration.ofMinutes(10));

        Offer offer = lab.sessions.offer("hub");
        assertEquals(Duration.ofMinutes(50), Duration.ofMillis(offer.leftMillis()));
        assertTrue(offer.renewalMillis() >= Duration.ofMinutes(17).toMillis() && offer.renewalMillis() <= Duration.ofMinutes(20).toMillis(),
            offer.renewalMillis() + " ms");
        assertEquals("Offer(RoleSession(ASIA-hub-0, expires 2027-01-15T09:00:00Z), 3000000 ms left)", offer.toString());
    }

    @Test
    void theClockThatSaysLessCounts() {
        lab.sessions.offer("hub");
        lab.pass(Duration.ofMinutes(1));
        lab.time.setClockAhead(Duration.ofMinutes(30));

        assertEquals(Duration.ofMinutes(29), Duration.ofMillis(lab.sessions.offer("hub").leftMillis()));
    }

    @Test
    void whatIsOverIsNotOffered() {
        lab.sessions.offer("hub");
        lab.pass(Duration.ofMinutes(1));
        lab.time.suspend(Duration.ofHours(1));

        assertNull(lab.sessions.offer("hub"));
        lab.pass(Duration.ofSeconds(1));
        assertEquals("ASIA-hub-1", lab.sessions.offer("hub").session().accessKeyId());
    }

    @Test
    void aSessionWhoseRenewalFailsIsOfferedWithTheTimeOfTheNextAttempt() {
        lab.sessions.offer("hub");
        lab.pass(Duration.ofMinutes(5));
        lab.sts.answer("hub", FakeSts.Answer.DENY);
        lab.pass(Duration.ofMinutes(30));

        Offer offer = lab.sessions.offer("hub");
        assertEquals(Duration.ofMinutes(25), Duration.ofMillis(offer.leftMillis()));
        assertTrue(offer.renewalMillis() <= 60_000, offer.renewalMillis() + " ms");
    }

    @Test
    void aDenialIsToldWithoutAnotherCallUntilItsTimeIsOver() {
        lab.sts.answer("partner", FakeSts.Answer.DENY);
        lab.sessions.offer("partner");
        lab.pass(Duration.ofSeconds(1));

        assertEquals("role partner: hop 2 of 2 (arn:aws:iam::444455556666:role/partner) refused by STS: AccessDenied; account 444455556666 must"
            + " let arn:aws:iam::111122223333:role/hub assume it (trust policy), or account 111122223333 must allow sts:AssumeRole on it;"
            + " retry after 08:00:30 UTC", refusal("partner"));
        assertEquals(1, lab.sts.count("partner"));
        lab.pass(Duration.ofSeconds(30));
        assertNull(lab.sessions.offer("partner"));
        lab.pass(Duration.ofSeconds(1));
        assertEquals(2, lab.sts.count("partner"));
    }

    @Test
    void aThrottledFirstFetchIsToldAndGoesOn() {
        lab.sts.answer("hub", FakeSts.Answer.THROTTLE);
        lab.sessions.offer("hub");
        lab.pass(Duration.ofMillis(200));
        assertEquals("role hub: hop 1 of 1 (arn:aws:iam::111122223333:role/hub): STS throttled (Throttling) after 1 attempt; retry after 08:00:01"
            + " UTC", refusal("hub").replaceAll("08:00:0[12]", "08:00:01"));
        lab.sts.forget("hub");
        lab.pass(Duration.ofSeconds(3));

        assertEquals("ASIA-hub-0", lab.sessions.offer("hub").session().accessKeyId());
    }

    @Test
    void whileAHopBeforeBacksOffItsFailureIsToldAsTheRolesOwn() {
        lab.sts.answer("hub", FakeSts.Answer.THROTTLE);
        assertNull(lab.sessions.offer("partner"));
        lab.pass(Duration.ofMillis(200));
        String cause = "role partner: hop 1 of 2 (arn:aws:iam::111122223333:role/hub): STS throttled (Throttling) after 1 attempt";
        lab.readLater("hub", read -> { });

        assertEquals(cause, refusal("partner").replaceAll("; retry after .*", ""));
        assertTrue(refusal("partner").contains("; retry after 08:00:0"), refusal("partner"));
        lab.sts.latency = Duration.ofSeconds(30);
        lab.pass(Duration.ofSeconds(4));
        assertEquals(cause, refusal("partner").replaceAll("; retry after .*", ""));
        lab.sts.forget("hub");
        lab.pass(Duration.ofMinutes(2));
        assertEquals("ASIA-partner-1", lab.sessions.offer("partner").session().accessKeyId());
    }

    @Test
    void aDrainedOneOffersWhatItHas() {
        lab.sessions.offer("hub");
        lab.pass(Duration.ofSeconds(1));
        lab.sessions.drain();

        assertEquals("ASIA-hub-0", lab.sessions.offer("hub").session().accessKeyId());
        assertNull(lab.sessions.offer("partner"));
        lab.pass(Duration.ofSeconds(1));
        assertEquals("ASIA-partner-1", lab.sessions.offer("partner").session().accessKeyId());
    }

    @Test
    void aRoleThatThePlanDoesNotHoldIsAFailure() {
        assertEquals("the plan " + lab.plan.id() + " holds no role \"stranger\"; it holds: hub, partner", refusal("stranger"));
    }

    @Test
    void whoMayWaitALittleIsGivenTheSessionWhenItComesInTime() {
        lab.sts.latency = Duration.ofMillis(600);

        Offer offer = lab.sessions.offer("partner", Duration.ofMillis(1500).toNanos());
        assertEquals("ASIA-partner-1", offer.session().accessKeyId());
        assertEquals(Duration.ofMillis(1200), lab.time.elapsed());
        assertEquals(Duration.ofHours(1).minusMillis(600), Duration.ofMillis(offer.leftMillis()));
    }

    @Test
    void butWaitsNoLongerAndLeavesTheOneFetchToTheNextQuestion() {
        lab.sts.latency = Duration.ofSeconds(2);

        assertEquals("role partner: hop 1 of 2 (arn:aws:iam::111122223333:role/hub): STS has not answered within 1500 ms", refusalWithin(1500));
        assertEquals(Duration.ofMillis(1500), lab.time.elapsed());
        assertEquals("role partner: hop 2 of 2 (arn:aws:iam::444455556666:role/partner): STS has not answered within 1 s", refusalWithin(1000));
        assertEquals("ASIA-partner-1", lab.sessions.offer("partner", Duration.ofSeconds(3).toNanos()).session().accessKeyId());
        assertEquals(1, lab.sts.count("hub"));
        assertEquals(1, lab.sts.count("partner"));
    }

    @Test
    void aDenialIsToldAtOnceHoweverLongOneMayWait() {
        lab.sts.answer("partner", FakeSts.Answer.DENY);
        refusalWithin(1500);
        Duration before = lab.time.elapsed();

        assertEquals(refusal("partner"), refusalWithin(1500));
        assertEquals(before, lab.time.elapsed());
        assertEquals(1, lab.sts.count("partner"));
    }

    private String refusalWithin(long millis) {
        return assertThrows(FailureException.class, () -> lab.sessions.offer("partner", Duration.ofMillis(millis).toNanos())).failure()
            .firstLine(null);
    }

    private String refusal(String role) {
        return assertThrows(FailureException.class, () -> lab.sessions.offer(role)).failure().firstLine(null);
    }
}

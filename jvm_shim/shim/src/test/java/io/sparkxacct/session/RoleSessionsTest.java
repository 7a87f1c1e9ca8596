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
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Each row of the state table. The chain is base -> hub -> partner, sessions live one hour, STS takes 100 ms. */
class RoleSessionsTest {
    private static final String HUB = "arn:aws:iam::111122223333:role/hub";
    private static final String PARTNER = "arn:aws:iam::444455556666:role/partner";
    private static final String DENIED = "role partner: hop 2 of 2 (" + PARTNER + ") refused by STS: AccessDenied; account 444455556666"
        + " must let " + HUB + " assume it (trust policy), or account 111122223333 must allow sts:AssumeRole on it";

    private final SessionLab lab = new SessionLab("hub", "partner<hub");

    @AfterEach
    void everyCallWasSignedByTheRightIdentityAndAlone() {
        assertEquals(List.of(), lab.sts.violations);
        lab.end();
    }

    private void assertAtOnce(Read read) {
        assertNull(read.failure(), () -> read.failure().toString());
        assertEquals(Duration.ZERO, read.waited());
    }

    @Nested
    class Empty {
        @Test
        void nothingIsFetchedBeforeTheFirstRead() {
            lab.pass(Duration.ofHours(3));
            assertEquals(0, lab.sts.calls.size());
            assertEquals("EMPTY", lab.state("partner"));
        }

        @Test
        void manyFirstReadersShareOneFetchPerHop() {
            List<Read> reads = new ArrayList<>();
            for (int reader = 0; reader < 20; reader++) {
                lab.readLater("partner", reads::add);
            }
            lab.pass(Duration.ofSeconds(1));
            assertEquals(20, reads.size());
            reads.forEach(read -> assertSame(reads.get(0).session(), read.session()));
            assertEquals(List.of("hub", "partner"), lab.sts.calls.stream().map(FakeSts.Call::role).toList());
            assertEquals(Duration.ofMillis(200), reads.get(0).waited());
            assertEquals("FRESH", lab.state("partner"));
        }

        @Test
        void theWaitEndsAfterThirtySecondsAndTheFetchGoesOn() {
            lab.sts.latency = Duration.ofSeconds(40);
            Read read = lab.read("partner");
            assertEquals(Duration.ofSeconds(30), read.waited());
            assertEquals("role partner: hop 1 of 2 (" + HUB + "): STS has not answered within 30 s", read.failure().firstLine(null));
            lab.pass(Duration.ofSeconds(50));
            assertAtOnce(lab.read("partner"));
            assertEquals(2, lab.sts.calls.size());
        }

        @Test
        void anInterruptEndsOneWaitAndNothingElse() {
            List<Read> interrupted = new ArrayList<>();
            List<Read> other = new ArrayList<>();
            VirtualTime.Fiber victim = lab.readLater("partner", interrupted::add);
            lab.readLater("partner", other::add);
            lab.pass(Duration.ofMillis(50));
            victim.interrupt();
            assertEquals("role partner: hop 2 of 2 (" + PARTNER + "): interrupted while waiting for STS",
                interrupted.get(0).failure().firstLine(null));
            assertTrue(interrupted.get(0).interruptStillSet());
            lab.pass(Duration.ofSeconds(1));
            assertEquals("partner", FakeSts.roleOf(other.get(0).session()));
            assertEquals(2, lab.sts.calls.size());
        }

        @Test
        void throttlingIsRetriedWhileTheReaderWaits() {
            lab.sts.answer("hub", Answer.THROTTLE);
            List<Read> reads = new ArrayList<>();
            lab.readLater("partner", reads::add);
            lab.pass(Duration.ofSeconds(1));
            assertEquals("EXPIRED", lab.state("hub"));
            lab.sts.forget("hub");
            lab.pass(Duration.ofSeconds(3));
            assertEquals("partner", FakeSts.roleOf(reads.get(0).session()));
        }

        @Test
        void aDenialIsFinalAtOnce() {
            lab.sts.answer("partner", Answer.DENY);
            Read read = lab.read("partner");
            assertEquals(Duration.ofMillis(200), read.waited());
            assertEquals(DENIED + "; retry after 08:00:30 UTC", read.failure().firstLine(null));
            assertEquals("User: x is not authorized to perform: sts:AssumeRole", read.failure().stsMessage());
            assertEquals("DENIED", lab.state("partner"));
            assertEquals("FRESH", lab.state("hub"));
        }
    }

    @Nested
    class Fresh {
        @Test
        void isReadWithoutWaitingAndRefreshedShortlyBeforeHalfOfItsLife() {
            RoleSession first = lab.read("partner").session();
            lab.pass(Duration.ofMinutes(26));
            assertEquals(2, lab.sts.calls.size());
            assertSame(first, lab.read("partner").session());
            lab.pass(Duration.ofMinutes(5));
            assertEquals(2, lab.sts.count("partner"));
            assertNotSame(first, lab.read("partner").session());
            lab.sts.calls.forEach(call -> assertTrue(
                call.at().toMinutes() == 0 || call.at().toMinutes() >= 27 && call.at().toMinutes() <= 30, call::toString));
        }

        @Test
        void aSecondRoleOfTheSameHubCostsOneCall() {
            SessionLab three = new SessionLab("finance<hub", "hub", "partner<hub");
            three.read("partner");
            three.read("finance");
            assertEquals(List.of("hub", "partner", "finance"), three.sts.calls.stream().map(FakeSts.Call::role).toList());
            three.end();
        }

        @Test
        void theBaseIdentityCostsNoCall() {
            assertEquals("AKIA-base-0", lab.sessions.base().accessKeyId());
            assertEquals(0, lab.sts.calls.size());
        }
    }

    @Nested
    class Retry {
        @Test
        void noReadWaitsWhileStsHangs() {
            lab.read("partner");
            lab.pass(Duration.ofMinutes(20));
            lab.sts.latency = Duration.ofMinutes(25);
            lab.pass(Duration.ofMinutes(20));
            assertEquals("DUE", lab.state("partner"));
            assertAtOnce(lab.read("partner"));
        }

        @Test
        void failuresBackOffBetweenOneAndSixtySecondsAndReadsGoOn() {
            lab.read("partner");
            lab.sts.answer("partner", Answer.THROTTLE);
            lab.pass(Duration.ofMinutes(50));
            assertEquals("RETRY", lab.state("partner"));
            assertAtOnce(lab.read("partner"));
            List<Duration> gaps = lab.gaps("partner");
            gaps.subList(1, gaps.size()).forEach(gap ->
                assertTrue(gap.toMillis() >= 1_100 && gap.toMillis() <= 60_100, gaps::toString));
            assertTrue(gaps.size() >= 20 && gaps.size() <= 90, gaps::toString);
            lab.sts.forget("partner");
            lab.pass(Duration.ofSeconds(61));
            assertEquals("FRESH", lab.state("partner"));
        }

        @Test
        void aDefectOfTheSourceIsRetriedLikeAnOutage() {
            lab.sts.answer("partner", Answer.CRASH);
            lab.pass(Duration.ofSeconds(1));
            Read read = lab.read("partner");
            assertTrue(read.failure().firstLine(null).startsWith("role partner: hop 2 of 2 (" + PARTNER
                + "): the attempt ended with java.lang.IllegalStateException: a defect; retry after "), read.failure().firstLine(null));
            lab.sts.forget("partner");
            lab.pass(Duration.ofSeconds(61));
            assertAtOnce(lab.read("partner"));
        }
    }

    @Nested
    class Suspect {
        @Test
        void aDeniedRefreshServesOnWarnsOnceAndProbesEveryMinute() {
            lab.read("partner");
            lab.sts.answer("partner", Answer.DENY);
            lab.pass(Duration.ofMinutes(45));
            assertEquals("SUSPECT", lab.state("partner"));
            assertAtOnce(lab.read("partner"));
            assertEquals(List.of(lab.planLine(DENIED) + "\nUser: x is not authorized to perform: sts:AssumeRole"
                + "\nThe session at hand serves until 2027-01-15T09:00:00.100Z; probing until then."), lab.warnings);
            lab.gaps("partner").subList(1, 10).forEach(gap -> assertEquals(Duration.ofMillis(60_100), gap));
            lab.sts.forget("partner");
            lab.pass(Duration.ofSeconds(61));
            assertEquals("FRESH", lab.state("partner"));
        }

        @Test
        void throttledProbeBecomesRetry() {
            lab.read("partner");
            lab.sts.answer("partner", Answer.DENY);
            lab.pass(Duration.ofMinutes(35));
            lab.sts.answer("partner", Answer.THROTTLE);
            lab.pass(Duration.ofSeconds(61));
            assertEquals("RETRY", lab.state("partner"));
        }

        @Test
        void withTheEndOfTheSessionItIsDenied() {
            lab.read("partner");
            lab.sts.answer("partner", Answer.DENY);
            lab.pass(Duration.ofMinutes(62));
            assertEquals("DENIED", lab.state("partner"));
            long calls = lab.sts.count("partner");
            lab.pass(Duration.ofHours(2));
            assertEquals(calls, lab.sts.count("partner"));
            assertTrue(lab.read("partner").failure().firstLine(null).startsWith(DENIED + "; retry after "));
        }
    }

    @Nested
    class Expired {
        private void expireThePartner(Answer answer) {
            lab.read("partner");
            lab.sts.answer("partner", answer);
            lab.pass(Duration.ofMinutes(61));
            assertEquals("EXPIRED", lab.state("partner"));
        }

        @Test
        void readsWaitTenSecondsAtMost() {
            expireThePartner(Answer.DOWN);
            lab.sts.latency = Duration.ofMinutes(5);
            lab.pass(Duration.ofSeconds(60));
            Read read = lab.read("partner");
            assertEquals(Duration.ofSeconds(10), read.waited());
            assertEquals("role partner: hop 2 of 2 (" + PARTNER + "): STS at http://sts cannot be reached: connection refused",
                read.failure().firstLine(null));
        }

        @Test
        void readsFailAtOnceWhenTheNextAttemptIsFar() {
            expireThePartner(Answer.THROTTLE);
            while (lab.untilNextAttempt("partner").getSeconds() < 20) {
                lab.pass(Duration.ofSeconds(5));
            }
            Read read = lab.read("partner");
            assertEquals(Duration.ZERO, read.waited());
            assertTrue(read.failure().firstLine("partner-data").matches("bucket partner-data: hop 2 of 2 \\(" + PARTNER
                + "\\): STS throttled \\(Throttling\\) after \\d+ attempts; retry after 09:0\\d:\\d\\d UTC"), read.failure().toString());
        }

        @Test
        void readersDoNotHurryTheBackOff() {
            expireThePartner(Answer.DOWN);
            long before = lab.sts.count("partner");
            for (int second = 0; second < 600; second++) {
                lab.readLater("partner", read -> { });
                lab.pass(Duration.ofSeconds(1));
            }
            long calls = lab.sts.count("partner") - before;
            assertTrue(calls >= 10 && calls <= 60, () -> calls + " calls");
        }

        @Test
        void recoveryReachesAllHopsWithinAMinute() {
            lab.read("partner");
            lab.sts.answer("*", Answer.DOWN);
            lab.pass(Duration.ofMinutes(80));
            lab.sts.forget("*");
            lab.pass(Duration.ofSeconds(61));
            assertAtOnce(lab.read("partner"));
            assertEquals("FRESH", lab.state("hub"));
        }

        @Test
        void aDenialTurnsItIntoDenied() {
            expireThePartner(Answer.DOWN);
            lab.sts.answer("partner", Answer.DENY);
            lab.pass(Duration.ofSeconds(61));
            assertEquals("DENIED", lab.state("partner"));
        }

        @Test
        void aSuspendedMachineFetchesAtTheFirstRead() {
            lab.read("partner");
            lab.time.suspend(Duration.ofHours(9));
            assertEquals("EXPIRED", lab.state("partner"));
            Read read = lab.read("partner");
            assertEquals(Duration.ofMillis(200), read.waited());
            assertEquals(4, lab.sts.calls.size());
            assertEquals(List.of(), lab.warnings);
        }
    }

    @Nested
    class Denied {
        @Test
        void isRememberedAndProbedAfter30And60And120SecondsOnlyWhenRead() {
            lab.sts.answer("partner", Answer.DENY);
            for (int second = 0; second < 400; second++) {
                assertTrue(lab.read("partner").failure().firstLine(null).startsWith(DENIED + "; retry after "));
                lab.pass(Duration.ofSeconds(1));
            }
            assertEquals(List.of(30L, 60L, 120L, 120L), lab.gaps("partner").stream().map(Duration::getSeconds).toList());
            lab.pass(Duration.ofHours(1));
            assertEquals(5, lab.sts.count("partner"));
        }

        @Test
        void aReadWithinTheNegativeLifeFailsAtOnce() {
            lab.sts.answer("partner", Answer.DENY);
            lab.read("partner");
            lab.pass(Duration.ofSeconds(10));
            Read read = lab.read("partner");
            assertEquals(Duration.ZERO, read.waited());
            assertEquals(DENIED + "; retry after 08:00:30 UTC", read.failure().firstLine(null));
            assertEquals(1, lab.sts.count("partner"));
        }

        @Test
        void aProbeThatSucceedsServesTheReaderThatCausedIt() {
            lab.sts.answer("partner", Answer.DENY);
            lab.read("partner");
            lab.sts.forget("partner");
            lab.pass(Duration.ofMinutes(5));
            assertEquals("DENIED", lab.state("partner"));
            assertEquals("partner", FakeSts.roleOf(lab.read("partner").session()));
            assertEquals("FRESH", lab.state("partner"));
        }

        @Test
        void aThrottledProbeBecomesExpired() {
            lab.sts.answer("partner", Answer.DENY);
            lab.read("partner");
            lab.sts.answer("partner", Answer.THROTTLE);
            lab.pass(Duration.ofMinutes(5));
            lab.readLater("partner", read -> { });
            lab.pass(Duration.ofMillis(500));
            assertEquals("EXPIRED", lab.state("partner"));
        }

        @Test
        void aDenialOfTheHubLastsNoLongerForThePartner() {
            lab.sts.answer("hub", Answer.DENY);
            lab.read("hub");
            lab.pass(Duration.ofSeconds(20));
            assertTrue(lab.read("partner").failure().firstLine(null).endsWith("; retry after 08:00:30 UTC"));
            lab.sts.forget("hub");
            lab.pass(Duration.ofSeconds(11));
            assertEquals("partner", FakeSts.roleOf(lab.read("partner").session()));
        }

        @Test
        void aDeniedHubIsNamedToTheReaderOfThePartner() {
            lab.sts.answer("hub", Answer.DENY);
            String line = "bucket partner-data: hop 1 of 2 (" + HUB + ") refused by STS: AccessDenied; account 111122223333 must let"
                + " arn:aws:iam::111122223333:role/etl assume it (trust policy), or account 111122223333 must allow sts:AssumeRole on it;"
                + " retry after 08:00:30 UTC";
            assertEquals(line, lab.read("partner").failure().firstLine("partner-data"));
            assertEquals(line, lab.read("partner").failure().firstLine("partner-data"));
            assertEquals(1, lab.sts.calls.size());
            lab.sts.forget("hub");
            lab.pass(Duration.ofSeconds(31));
            assertEquals("partner", FakeSts.roleOf(lab.read("partner").session()));
        }
    }

    @Test
    void anUnknownRoleIsNamedTogetherWithThePlan() {
        assertEquals("the plan " + lab.plan.id() + " holds no role \"nosuch\"; it holds: hub, partner",
            lab.read("nosuch").failure().firstLine(null));
    }
}

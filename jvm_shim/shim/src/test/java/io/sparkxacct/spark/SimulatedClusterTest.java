package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.session.FakeSts;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** 250 executors behind one driver: nobody's read fails, and STS is asked as if there were the driver alone. */
class SimulatedClusterTest {
    private static final int EXECUTORS = 250;
    private static final int HOPS = 3;
    /** Lives of an hour are renewed at 45 to 50 % of it. */
    private static final Duration SHORTEST_PERIOD = Duration.ofMinutes(27);

    private SimulatedCluster cluster;

    private SimulatedCluster cluster(long seed) {
        cluster = new SimulatedCluster(seed);
        return cluster;
    }

    @AfterEach
    void end() {
        cluster.time.end();
    }

    private long due() {
        return HOPS * (1 + cluster.time.elapsed().dividedBy(SHORTEST_PERIOD));
    }

    private void nobodyNoticed() {
        assertEquals(List.of(), cluster.failedReads);
        assertEquals(List.of(), cluster.sts.violations);
        assertEquals(0, cluster.callsOfExecutors());
        assertTrue(cluster.reads > EXECUTORS, "nobody read");
    }

    @Test
    void theDriverAsksEachHopOnceAtStartAndOnceForEachRenewal() {
        cluster(1).calm = Duration.ofMinutes(1);
        cluster.start(EXECUTORS);
        cluster.pass(Duration.ofMinutes(1));

        assertEquals(HOPS, cluster.sts.calls.size());
        cluster.pass(Duration.ofHours(3));
        nobodyNoticed();
        assertTrue(cluster.sts.calls.size() <= due(), cluster.sts.calls.size() + " calls, due " + due());
        // Everybody asks once for each session of each role, and some while the first fetch is under way.
        assertTrue(cluster.questions <= EXECUTORS * 2 * (2 + due() / HOPS), cluster.questions + " questions");
        // Without a spread they would all come in the second of the driver's renewal.
        assertTrue(cluster.busiestSecond <= EXECUTORS / 10, cluster.busiestSecond + " questions within a second");
    }

    /** Both roles are read at the same moment. */
    @Test
    void anExecutorAsksOnceForAllItsRoles() {
        cluster(9).rpc = Duration.ofMillis(400);
        cluster.start(EXECUTORS);
        cluster.pass(Duration.ofMinutes(1));

        nobodyNoticed();
        assertTrue(cluster.questions <= EXECUTORS * 3 / 2, cluster.questions + " questions");
    }

    @Test
    void theDriverPausesForLongAndComesBack() {
        cluster(10).start(EXECUTORS);
        cluster.pass(Duration.ofMinutes(5));
        cluster.driverPaused = true;
        cluster.pass(Duration.ofMinutes(70));
        cluster.driverPaused = false;
        cluster.pass(Duration.ofMinutes(40));
        assertTrue(cluster.callsOfExecutors() >= EXECUTORS, "executors did not ask STS");
        long calls = cluster.callsOfExecutors();
        cluster.pass(Duration.ofHours(1));

        assertEquals(List.of(), cluster.failedReads);
        assertEquals(calls, cluster.callsOfExecutors());
    }

    @Test
    void threeInTenCallsThrottled() {
        cluster(2).throttledPercent = 30;
        cluster.start(EXECUTORS);
        cluster.pass(Duration.ofHours(2));

        nobodyNoticed();
        // At 30 % a fetch takes 1.43 calls on average; twice that leaves room for chance.
        assertTrue(cluster.sts.calls.size() <= due() * 2 * 1.43, cluster.sts.calls.size() + " calls, due " + due());
    }

    @Test
    void stsIsDownForTenMinutes() {
        cluster(3).start(EXECUTORS);
        cluster.pass(Duration.ofMinutes(25));
        cluster.sts.answer("*", FakeSts.Answer.DOWN);
        cluster.pass(Duration.ofMinutes(10));
        cluster.sts.forget("*");
        cluster.pass(Duration.ofHours(1));

        nobodyNoticed();
    }

    @Test
    void stsIsDownForTenMinutesFromTheStart() {
        cluster(11).sts.answer("*", FakeSts.Answer.DOWN);
        cluster.sts.latency = Duration.ofSeconds(10);
        cluster.start(EXECUTORS);
        cluster.pass(Duration.ofMinutes(10));

        // The first reads wait for 30 s, and all later ones for 10.
        assertTrue(cluster.failedReads.stream().allMatch(read -> read.contains("hop 1 of ") && read.contains("STS at http://sts cannot be reached: connection refused")),
            cluster.failedReads.toString());
        assertTrue(cluster.questions <= EXECUTORS * 600 / 5, cluster.questions + " questions");
        cluster.failedReads.clear();
        cluster.sts.forget("*");
        cluster.sts.latency = Duration.ofMillis(100);
        cluster.pass(Duration.ofMinutes(3));
        cluster.failedReads.clear();
        cluster.pass(Duration.ofHours(1));

        nobodyNoticed();
    }

    @Test
    void theDriverPausesForAMinuteWhenSessionsAreDue() {
        cluster(4).start(EXECUTORS);
        cluster.pass(Duration.ofMinutes(28));
        cluster.driverPaused = true;
        cluster.pass(Duration.ofMinutes(1));
        cluster.driverPaused = false;
        cluster.pass(Duration.ofHours(1));

        nobodyNoticed();
    }

    @Test
    void executorsComeAndGo() {
        cluster(5).start(EXECUTORS);
        for (int minute = 0; minute < 90; minute++) {
            cluster.pass(Duration.ofMinutes(1));
            cluster.replace(25);
        }

        nobodyNoticed();
        assertTrue(cluster.sts.calls.size() <= due(), cluster.sts.calls.size() + " calls, due " + due());
    }

    @Test
    void aRoleThatWasMadeAnewCostsOneCallAndIsThereWithinASecond() {
        cluster(8).start(EXECUTORS);
        cluster.pass(Duration.ofMinutes(5));
        Set<String> dead = cluster.keys("partner");
        cluster.refuse("partner");
        cluster.pass(Duration.ofSeconds(1));

        assertEquals(List.of(1, 1), List.of(dead.size(), cluster.keys("partner").size()));
        assertNotEquals(dead, cluster.keys("partner"));
        assertEquals(HOPS + 1, cluster.sts.calls.size());
        cluster.pass(Duration.ofHours(1));
        nobodyNoticed();
    }

    @Test
    void aDenialAtRenewalIsNoticedOnlyWhenTheSessionEnds() {
        cluster(6).start(EXECUTORS);
        cluster.pass(Duration.ofMinutes(5));
        cluster.sts.answer("partner", FakeSts.Answer.DENY);
        cluster.pass(Duration.ofMinutes(54));
        nobodyNoticed();
        cluster.pass(Duration.ofMinutes(5));

        assertTrue(cluster.failedReads.size() > EXECUTORS);
        assertTrue(cluster.failedReads.stream().allMatch(read -> read.contains(
            "role partner: hop 2 of 2 (arn:aws:iam::444455556666:role/partner) refused by STS: AccessDenied; account 444455556666 must let "
                + "arn:aws:iam::111122223333:role/hub assume it (trust policy)")), cluster.failedReads.get(0));
        assertEquals(0, cluster.callsOfExecutors());
    }

    @Test
    void aDriverThatIsGoneForGoodIsReplacedByStsNearTheEndAndNotAtOnce() {
        cluster(7).start(EXECUTORS);
        cluster.pass(Duration.ofMinutes(5));
        cluster.driverPaused = true;
        cluster.pass(Duration.ofMinutes(40));
        assertEquals(0, cluster.callsOfExecutors());
        cluster.pass(Duration.ofMinutes(30));

        assertEquals(List.of(), cluster.failedReads);
        assertTrue(cluster.callsOfExecutors() >= EXECUTORS, "executors did not ask STS");
    }
}

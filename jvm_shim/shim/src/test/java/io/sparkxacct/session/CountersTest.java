package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CountersTest {
    private static final AssumeRoleFields FIELDS = new AssumeRoleFields(Plans.of("hub").role("hub"), "s-1", null);
    private static final RoleSession SIGNER = new RoleSession("AKIA1", "planted-secret", null, null);

    private final Counters counters = new Counters();
    private final FakeLine line = new FakeLine();

    @Test
    void allNumbersHaveTheirNamesInOneOrder() {
        assertEquals(List.of("fetches", "refreshes", "failures.denied", "failures.throttled", "failures.unreachable", "failures.baseMissing",
            "failures.undeclared", "failures.plan", "sts.calls", "sts.millis", "asks", "sessions.served"), List.copyOf(counters.toMap().keySet()));
    }

    @ParameterizedTest
    @EnumSource
    void everyKindOfFailureHasACounter(Failure.Kind kind) {
        counters.add(kind);

        assertEquals(1, counters.get(Count.of(kind)));
        assertEquals(1, counters.toMap().values().stream().mapToLong(count -> count).sum());
    }

    @Test
    void callsOfStsAreTimedAnsweredOrNot() throws StsException {
        CountedLine counted = new CountedLine(line, counters, new Stepping());
        counted.assumeRole(FIELDS, SIGNER);
        counted.callerArn(SIGNER);
        line.refusal = StsException.answered(403, "AccessDenied", "no");
        assertThrows(StsException.class, () -> counted.assumeRole(FIELDS, SIGNER));
        assertThrows(StsException.class, () -> counted.callerArn(SIGNER));

        assertEquals("4 calls, 1000 ms", counters.get(Count.STS_CALLS) + " calls, " + counters.get(Count.STS_MILLIS) + " ms");
        assertArrayEquals(new long[] {250, 250, 250, 250}, counters.recentStsMillis());
    }

    @Test
    void theRestOfALineGoesThrough() {
        CountedLine counted = new CountedLine(line, counters, new Stepping());
        line.passing = true;
        line.silent = true;
        counted.forgetBase();
        counted.close();

        assertEquals("a fake SDK AKIABASE true true 1 true", String.join(" ", counted.sdk(), counted.baseCredentials().accessKeyId(),
            String.valueOf(counted.passes(null)), String.valueOf(counted.isSilent(null)), String.valueOf(line.forgotten), String.valueOf(line.closed)));
        assertEquals(0, counters.get(Count.STS_CALLS));
    }

    @Test
    void onlyTheLatestTimesAreKept() {
        for (int call = 1; call <= 300; call++) {
            counters.addStsCall(Duration.ofMillis(call).toNanos());
        }
        long[] kept = counters.recentStsMillis();
        Arrays.sort(kept);

        assertArrayEquals(LongStream.rangeClosed(45, 300).toArray(), kept);
        assertEquals(300, counters.get(Count.STS_CALLS));
    }

    /** At each look a quarter of a second has passed. */
    private static final class Stepping implements Clock {
        private long nanos = Long.MAX_VALUE - 1; // System.nanoTime may overflow while we run

        @Override
        public long nanos() {
            nanos += Duration.ofMillis(250).toNanos();
            return nanos;
        }

        @Override
        public long millis() {
            throw new UnsupportedOperationException("a time of day may jump");
        }

        @Override
        public void await(CompletableFuture<?> event, long nanos) {
            throw new UnsupportedOperationException("nobody waits here");
        }
    }
}

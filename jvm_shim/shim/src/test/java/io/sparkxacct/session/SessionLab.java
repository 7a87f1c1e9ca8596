package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Role sessions on virtual time before a fake STS, and the reads that tests make of them. */
final class SessionLab {
    /** How one read ended and how long it took. */
    record Read(RoleSession session, Failure failure, Duration waited, boolean interruptStillSet) {
    }

    final Plan plan;
    final VirtualTime time;
    final FakeSts sts;
    final List<String> warnings = new ArrayList<>();
    final Counters counters = new Counters();
    final RoleSessions sessions;

    SessionLab(String... roles) {
        this(Plans.of(roles), 1, Integer.MAX_VALUE);
    }

    SessionLab(Plan plan, long seed, int poolSize) {
        this.plan = plan;
        this.time = new VirtualTime(seed, poolSize);
        this.sts = new FakeSts(time);
        Random random = new Random(seed);
        this.sessions = new RoleSessions(plan, sts, new RefreshPolicy(random::nextDouble), time, time, warnings::add, counters);
    }

    Read read(String role) {
        Duration start = time.elapsed();
        try {
            RoleSession session = role.equals("@base") ? sessions.base() : sessions.get(role);
            return new Read(session, null, time.elapsed().minus(start), false);
        } catch (FailureException failed) {
            return new Read(null, failed.failure(), time.elapsed().minus(start), Thread.currentThread().isInterrupted());
        }
    }

    /** As when S3 calls the session at hand dead, or another one where there is none. */
    Forced force(String role) {
        RoleSession held = sessions.slot(role).entry.get().session;
        return sessions.forceRefresh(role, RefusedKey.dead(held == null ? "ASIA-unknown" : held.accessKeyId()));
    }

    /** A reader on a thread of its own, which starts when the test lets time pass. */
    VirtualTime.Fiber readLater(String role, Consumer<Read> outcome) {
        return time.spawn(() -> outcome.accept(read(role)));
    }

    void pass(Duration duration) {
        time.sleep(duration);
    }

    RoleStatus status(String role) {
        return sessions.snapshot().stream().filter(row -> row.role().equals(role)).findFirst().orElseThrow();
    }

    /** What was counted, in words: "2 fetches, 1 failures.denied"; empty for nothing. */
    String counted() {
        return counters.toMap().entrySet().stream().filter(entry -> entry.getValue() > 0)
            .map(entry -> entry.getValue() + " " + entry.getKey()).collect(Collectors.joining(", "));
    }

    String state(String role) {
        return status(role).state();
    }

    Duration untilNextAttempt(String role) {
        Instant retryAfter = status(role).failure().retryAfter();
        return retryAfter == null ? Duration.ZERO : Duration.ofMillis(retryAfter.toEpochMilli() - time.millis());
    }

    /** Between the calls for a role. */
    List<Duration> gaps(String role) {
        List<Duration> at = sts.calls.stream().filter(call -> call.role().equals(role)).map(FakeSts.Call::at).toList();
        List<Duration> gaps = new ArrayList<>();
        for (int index = 1; index < at.size(); index++) {
            gaps.add(at.get(index).minus(at.get(index - 1)));
        }
        return gaps;
    }

    String planLine(String line) {
        return "plan " + plan.id() + ": " + line;
    }

    void end() {
        time.end();
    }
}

package io.sparkxacct.session;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/** When to fetch again and how long to wait, in nanoseconds. Pure but for the random source it is given. */
public final class RefreshPolicy {
    /** How long a reader waits for the first session of a role. */
    static final long EMPTY_WAIT = SECONDS.toNanos(30);
    /** How long a reader waits when there was a session before. */
    static final long EXPIRED_WAIT = SECONDS.toNanos(10);
    /** Forced refreshes of a role are at least this far apart. */
    static final long FORCED_INTERVAL = MINUTES.toNanos(1);
    /** The same on a mere doubt: a bucket that is denied for good to hundreds of executors must not renew its role each minute. */
    static final long DOUBTED_INTERVAL = HOURS.toNanos(1);
    /** How long credentials of a base identity that does not tell their end are held before it is asked again: it renews them itself. */
    static final long BASE_LIFE = SECONDS.toNanos(10);
    /** AssumeRoleWithWebIdentity without DurationSeconds. */
    static final long WEB_IDENTITY_LIFE = HOURS.toNanos(1);
    /** A life that is shorter than was asked for by more than this is worth a word. */
    static final long SHORTER_LIFE = SECONDS.toNanos(60);
    /** No real session lives shorter; one that seems to was dated by a clock ahead of STS's. */
    static final long SHORTEST_LIFE = SECONDS.toNanos(1);

    private static final double HALF = 0.5;
    private static final double JITTER = 0.05;
    private static final long PARENT_MARGIN = SECONDS.toNanos(60);
    private static final long FIRST_BACK_OFF = SECONDS.toNanos(1);
    private static final long LONGEST_BACK_OFF = SECONDS.toNanos(60);
    private static final long LONGEST_SPREAD = SECONDS.toNanos(60);
    private static final long FIRST_NEGATIVE_LIFE = SECONDS.toNanos(30);
    private static final long LONGEST_NEGATIVE_LIFE = SECONDS.toNanos(120);
    private static final long SUSPECT_PROBE = SECONDS.toNanos(60);

    private final DoubleSupplier random;

    /** @param random values from 0 (included) to 1 (excluded), from any thread */
    public RefreshPolicy(DoubleSupplier random) {
        this.random = random;
    }

    public static RefreshPolicy standard() {
        return new RefreshPolicy(() -> ThreadLocalRandom.current().nextDouble());
    }

    /** From the request of a session to the next one: half of its life, less a jitter that is a share of the life. */
    long refreshAfter(long life) {
        return (long) (life * (HALF - JITTER * random.getAsDouble()));
    }

    /**
     * From the receipt of a session that somebody else renews to the next question: after his renewal, spread over a tenth of its life, so
     * that not everybody asks at once, and early enough to ask again.
     */
    long askAgainAfter(long renewal, long life) {
        long spread = (long) (Math.min(LONGEST_SPREAD, life / 10) * random.getAsDouble());
        long latest = life - life / 5;
        return Math.max(Math.min(FIRST_BACK_OFF, life / 10), Math.min(Math.max(0, renewal) + spread, latest));
    }

    /** What must be left of a session to assume the next hop from it; scaled down for lives of seconds. */
    static long parentMargin(long life) {
        return Math.min(PARENT_MARGIN, life / 10);
    }

    /** Delay after the {@code failures}-th failure in a row, from 1: full jitter under a ceiling that doubles from 2 to 60 s. */
    long backOff(int failures) {
        long ceiling = doubled(FIRST_BACK_OFF, failures, LONGEST_BACK_OFF);
        return FIRST_BACK_OFF + (long) ((ceiling - FIRST_BACK_OFF) * random.getAsDouble());
    }

    /** How long the {@code denials}-th denial in a row, from 1, is remembered before a reader may cause a probe. */
    static long negativeLife(int denials) {
        return doubled(FIRST_NEGATIVE_LIFE, denials - 1, LONGEST_NEGATIVE_LIFE);
    }

    /** Between probes while a refresh is denied and the session still serves; scaled down for lives of seconds. */
    static long suspectProbe(long life) {
        return Math.min(SUSPECT_PROBE, Math.max(FIRST_BACK_OFF, life / 4));
    }

    private static long doubled(long first, int times, long most) {
        return times > 10 ? most : Math.min(most, first << times);
    }
}

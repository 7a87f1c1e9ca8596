package io.sparkxacct.session;

import static java.util.concurrent.TimeUnit.MINUTES;

import io.sparkxacct.plan.Decision;
import io.sparkxacct.plan.Plan;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What becomes of S3's refusals under one plan: a session that may be dead is replaced, and an operator reads why, once a minute.
 *
 * <p>Changes no result: the refused request fails as S3A has it fail. Thread-safe; keeps a bounded number of buckets in mind.
 */
final class S3Refusals {
    private static final long SAID_AGAIN = MINUTES.toNanos(1);
    private static final int MOST = 256;
    private static final String RETRY = "; another one is being fetched, so try again";

    private final Plan plan;
    private final RoleSessions sessions;
    private final Clock clock;
    private final Consumer<String> log;
    /** By bucket, when its denial last had a session replaced. */
    private final Map<String, Long> forcedAt = bounded();
    private final Map<String, Long> said = bounded();

    /** @param log takes one line for an operator a call */
    S3Refusals(Plan plan, RoleSessions sessions, Clock clock, Consumer<String> log) {
        this.plan = plan;
        this.sessions = sessions;
        this.clock = clock;
        this.log = log;
    }

    /** Of a bucket that the plan does not bind, and of what has nothing to do with who asked, nothing is made. */
    void take(S3Refusal refusal) {
        if (!refusal.isOfTheCaller()) {
            return;
        }
        Decision decision = plan.decide("s3a", refusal.bucket(), "");
        if (decision.kind() == Decision.Kind.ROLE) {
            takeOfRole(refusal, decision);
        } else if (decision.kind() == Decision.Kind.BASE) {
            String arn = plan.base().arn();
            say(refusal, "the base identity (" + (arn == null ? plan.base().kind() : arn) + ", binding " + decision.binding() + ")",
                refusal.isDead() || refusal.isBare400() ? "its own keys may be over, and whoever gave them renews them" : permission(refusal, arn));
        }
    }

    private void takeOfRole(S3Refusal refusal, Decision decision) {
        Plan.Role role = plan.role(decision.role());
        String signer = "role " + role.name() + " (" + role.roleArn() + ", binding " + decision.binding() + ")";
        if (refusal.accessKeyId() == null || !sessions.isAtHand(role.name(), refusal.accessKeyId())) {
            if (refusal.isDead()) {
                say(refusal, signer, "an older session than the one at hand signed it, so try again");
            }
            return;
        }
        if (refusal.isDead()) {
            Forced forced = sessions.forceRefresh(role.name(), RefusedKey.dead(refusal.accessKeyId()));
            say(refusal, signer, refusal.isExpired() ? "its session is over for S3" + next(forced)
                : "its session is dead, as after the role was deleted and made anew" + next(forced));
            return;
        }
        Forced forced = doubted(refusal, role);
        if (refusal.isBare400()) {
            say(refusal, signer, "its session may be over for S3" + next(forced));
        } else {
            say(refusal, signer, permission(refusal, role.roleArn())
                + (forced == Forced.NOT_NOW ? "" : "; in case its session is dead, another one is being fetched"));
        }
    }

    private static String next(Forced forced) {
        return forced == Forced.NOT_NOW ? "; another one is forced at most once a minute, so try again later" : RETRY;
    }

    /** {@code arn} may be null. */
    private static String permission(S3Refusal refusal, String arn) {
        String[] parts = arn == null ? new String[0] : arn.split(":");
        return (parts.length > 4 ? "account " + parts[4] : "its account") + " must allow it " + refusal.actions() + " on "
            + refusal.resource(parts.length > 1 ? parts[1] : "aws") + " (its policies), and the bucket's account too where that is another one"
            + " (bucket policy, and the policy of its KMS key)";
    }

    /** A bucket's denial is a doubt once in a while: it is mostly one of permissions, which no other session has. */
    private Forced doubted(S3Refusal refusal, Plan.Role role) {
        long now = clock.nanos();
        synchronized (forcedAt) {
            Long last = forcedAt.get(refusal.bucket());
            if (last != null && now - last < sessions.doubtedInterval()) {
                return Forced.NOT_NOW;
            }
        }
        Forced forced = sessions.forceRefresh(role.name(), RefusedKey.doubted(refusal.accessKeyId()));
        if (forced != Forced.NOT_NOW) {
            synchronized (forcedAt) {
                forcedAt.remove(refusal.bucket());
                forcedAt.put(refusal.bucket(), now);
            }
        }
        return forced;
    }

    private void say(S3Refusal refusal, String signer, String what) {
        if (!mayBeSaid(refusal.bucket() + "/" + refusal.operation() + "/" + refusal.answer())) {
            return;
        }
        try {
            log.accept("plan " + plan.id() + ": bucket " + refusal.bucket() + ": S3 refused " + refusal.operation() + " to " + signer + ": "
                + refusal.answer() + "; " + what);
        } catch (RuntimeException | LinkageError unheard) {
            // An appender that throws changes nothing.
        }
    }

    /** Once a minute for each; of hundreds within a minute the first ones only. */
    private boolean mayBeSaid(String what) {
        long now = clock.nanos();
        synchronized (said) {
            Long last = said.get(what);
            if (last != null && now - last < SAID_AGAIN) {
                return false;
            }
            if (last == null && said.size() == MOST && now - said.values().iterator().next() < SAID_AGAIN) {
                return false;
            }
            said.remove(what);
            said.put(what, now);
            return true;
        }
    }

    /** The oldest goes first. */
    private static Map<String, Long> bounded() {
        return new LinkedHashMap<String, Long>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                return size() > MOST;
            }
        };
    }
}

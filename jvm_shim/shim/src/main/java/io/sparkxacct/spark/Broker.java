package io.sparkxacct.spark;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.Count;
import io.sparkxacct.session.Counters;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.Offer;
import io.sparkxacct.session.RefusedKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * The driver's side: answers what executors ask from the role sessions at hand.
 *
 * <p>Calls nobody and never blocks, because Spark gives all plugins of a driver one thread for their messages: who comes too early
 * is told when to come again. Gives roles of the plan in force only, by their names there. Thread-safe.
 */
final class Broker {
    /** After which a first fetch under way is worth another question. */
    static final long WAIT_MILLIS = 250;
    private static final long LONGEST_WAIT_MILLIS = 5_000;

    private final Supplier<Plan> plan;
    private final BiFunction<Plan, String, Offer> offers;
    private final Renewal renewal;
    private final Counters counters;
    private final ExecutorTally executors;

    /** See JvmSessions.renew. */
    interface Renewal {
        boolean renew(Plan plan, String role, RefusedKey refused);
    }

    /**
     * @param plan the plan in force, null while there is none
     * @param offers see JvmSessions.offer; a role of that plan, however late it is asked for
     * @param renewal has a session of that plan replaced that an executor was refused with, as far as that may be
     * @param counters of this JVM
     * @param executors takes what executors say that they have counted
     */
    Broker(Supplier<Plan> plan, BiFunction<Plan, String, Offer> offers, Renewal renewal, Counters counters, ExecutorTally executors) {
        this.plan = plan;
        this.offers = offers;
        this.renewal = renewal;
        this.counters = counters;
        this.executors = executors;
    }

    Map<String, String> answer(Map<String, String> question, Clock clock) {
        Plan now = plan.get();
        if (now == null || !now.id().equals(question.get(Messages.PLAN_FIELD))) {
            return Messages.refused(Messages.Refusal.QUESTION, now == null ? "no plan is in force in the driver"
                : "the driver runs under plan " + now.id());
        }
        counters.add(Count.ASKS);
        executors.take(Messages.counts(question));
        Map<String, String> answer = new LinkedHashMap<>();
        answer.put(Messages.VERSION_FIELD, Messages.VERSION);
        answer.put(Messages.PLAN_FIELD, now.id());
        for (String role : question.getOrDefault(Messages.ROLES_FIELD, "").split(",")) {
            if (now.roles().containsKey(role)) {
                answerFor(now, role, Messages.refusedKey(question, role), answer, clock);
            }
        }
        return answer;
    }

    private void answerFor(Plan of, String role, RefusedKey refused, Map<String, String> answer, Clock clock) {
        try {
            Offer offer = offers.apply(of, role);
            boolean isRefused = offer != null && refused != null && refused.isOf(offer.session());
            if (offer == null || isRefused && renewal.renew(of, role, refused)) {
                Messages.putWait(answer, role, WAIT_MILLIS);
            } else {
                Messages.putOffer(answer, role, offer);
                counters.add(Count.SERVED);
            }
        } catch (FailureException failed) {
            long now = clock.millis();
            Failure failure = failed.failure();
            Messages.putFailure(answer, role, failure, now);
            if (failure.passes()) {
                long wait = failure.retryAfter() == null ? WAIT_MILLIS : failure.retryAfter().toEpochMilli() - now;
                Messages.putWait(answer, role, Math.max(WAIT_MILLIS, Math.min(wait, LONGEST_WAIT_MILLIS)));
            }
        }
    }
}

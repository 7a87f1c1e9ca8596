package io.sparkxacct.spark;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanException;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.JvmSessions;
import java.util.function.Function;

/** The plan that somebody has set, whether it is in force or not. */
final class ConfiguredPlan {
    private final Function<String, String> parts;

    /** @param parts of the plan's text by their keys; null for what is not set */
    ConfiguredPlan(Function<String, String> parts) {
        this.parts = parts;
    }

    /** Also where what is set is no plan. */
    boolean isSet() {
        try {
            return text() != null;
        } catch (PlanException damaged) {
            return true;
        }
    }

    /** Throws PlanException where parts are missing. */
    String text() {
        return PlanReader.join(parts);
    }

    /** Null when it cannot be read. */
    Plan readable() {
        try {
            return PlanReader.read(text());
        } catch (Exception | LinkageError unreadable) {
            return null;
        }
    }

    /** What an activation has left in force. Throws IllegalStateException where that is nothing. */
    static Plan inForce() {
        Plan plan = JvmSessions.planInForce();
        if (plan == null) {
            throw new IllegalStateException("another took its place at once, and that one serves nothing");
        }
        return plan;
    }
}

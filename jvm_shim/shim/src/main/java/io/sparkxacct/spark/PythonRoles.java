package io.sparkxacct.spark;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanException;
import io.sparkxacct.python.HookOutcome;
import io.sparkxacct.python.LiveSettings;
import io.sparkxacct.python.PythonSide;
import io.sparkxacct.python.RoleOffers;
import io.sparkxacct.session.Count;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.session.Offer;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the endpoint for the Python of this JVM, on this JVM's role sessions. */
final class PythonRoles {
    private static final Logger LOG = LoggerFactory.getLogger(PythonRoles.class);

    private PythonRoles() {
    }

    /** Throws nothing. */
    static PythonSide serve(Plan plan, Settings settings) {
        AtomicReference<String> said = new AtomicReference<>();
        PythonSide side = PythonSide.start(plan, JvmSessions.run(), JvmSessions.user(), LiveSettings.of(settings::get, settings::set),
            PythonSide.jar(), role -> given(plan, role), said::set);
        if (side.outcome().state() == HookOutcome.State.OFF) {
            LOG.warn("spark-xacct: {}", said);
        } else if (said.get() != null) {
            LOG.info("spark-xacct: {}", said);
        }
        return side;
    }

    /** Where the plan that is set is not in force, for whatever reason. Throws nothing. */
    static PythonSide refuse(ConfiguredPlan plan, Settings settings, Throwable reason) {
        boolean ours = reason instanceof FailureException || reason instanceof PlanException || reason instanceof IllegalStateException;
        return PythonSide.refuse(plan.readable(), LiveSettings.of(settings::get, settings::set),
            "its plan is not in force: " + (ours ? reason.getMessage() : reason.toString()), said -> LOG.warn("spark-xacct: {}", said));
    }

    private static Offer given(Plan plan, String role) {
        Offer offer = JvmSessions.offer(plan, role, RoleOffers.PATIENCE_NANOS);
        JvmSessions.counters().add(Count.SERVED);
        return offer;
    }
}

package io.sparkxacct.spark;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.python.LiveSettings;
import io.sparkxacct.python.PythonSide;
import io.sparkxacct.python.RoleOffers;
import io.sparkxacct.session.JvmSessions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the endpoint for the Python of this JVM, on this JVM's role sessions. */
final class PythonRoles {
    private static final Logger LOG = LoggerFactory.getLogger(PythonRoles.class);

    private PythonRoles() {
    }

    /** Null where there is no plan that could be served. Throws nothing. */
    static PythonSide serve(Plan plan, Settings settings) {
        if (plan == null) {
            return null;
        }
        return PythonSide.start(plan, JvmSessions.run(), JvmSessions.user(), LiveSettings.of(settings::get, settings::set), PythonSide.jar(),
            role -> JvmSessions.offer(plan, role, RoleOffers.PATIENCE_NANOS), text -> LOG.info("spark-xacct: {}", text));
    }
}

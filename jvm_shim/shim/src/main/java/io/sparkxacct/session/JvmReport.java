package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.util.Collections;
import java.util.List;

/** What is in force in a JVM at one moment, and how its role sessions are. Immutable, without secrets. */
public final class JvmReport {
    /** Of a JVM in which no plan is in force. */
    static final JvmReport EMPTY = new JvmReport(null, null, null, null, Collections.emptyList());

    private final Plan plan;
    private final String run;
    private final String problem;
    private final String source;
    private final List<RoleStatus> roles;

    JvmReport(Plan plan, String run, String problem, String source, List<RoleStatus> roles) {
        this.plan = plan;
        this.run = run;
        this.problem = problem;
        this.source = source;
        this.roles = Collections.unmodifiableList(roles);
    }

    /** Null when there is none, or none that can be read. */
    public Plan plan() {
        return plan;
    }

    /** Null when no plan serves. */
    public String run() {
        return run;
    }

    /** Why the plan serves nothing; null when it does, and when there is none. */
    public String problem() {
        return problem;
    }

    /** Where role sessions come from, and why; null when no plan serves. */
    public String source() {
        return source;
    }

    /** See {@link RoleSessions#snapshot()}; empty when no plan serves. */
    public List<RoleStatus> roles() {
        return roles;
    }
}

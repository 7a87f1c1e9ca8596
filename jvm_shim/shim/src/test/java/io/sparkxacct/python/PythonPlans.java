package io.sparkxacct.python;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;

/** Plans of the roles hub and partner, that differ in what Python may have. */
final class PythonPlans {
    private PythonPlans() {
    }

    /** {@code python} is the inside of the plan's section. */
    static Plan of(String python) {
        return PlanReader.fromJson("{\"v\":1,\"base\":{\"kind\":\"irsa\"},\"sts\":{\"region\":\"eu-west-1\"},\"otherwise\":\"@deny\",\"roles\":{"
            + role("hub", "111122223333") + "," + role("partner", "444455556666") + "},\"buckets\":{},\"python\":{" + python + "}}");
    }

    private static String role(String name, String account) {
        return "\"" + name + "\":{\"RoleArn\":\"arn:aws:iam::" + account + ":role/" + name + "\",\"RoleSessionName\":\"s-{run}\","
            + "\"DurationSeconds\":3600}";
    }
}

package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import java.util.StringJoiner;

/** Plans of a few roles for tests. */
public final class Plans {
    private Plans() {
    }

    /** Each role as "name" or "name<via", all of one hour. */
    public static Plan of(String... roles) {
        StringJoiner json = new StringJoiner(",", "{\"v\":1,\"base\":{\"kind\":\"env\"},\"sts\":{\"region\":\"eu-west-1\"},"
            + "\"otherwise\":\"@deny\",\"roles\":{", "},\"buckets\":{},\"python\":{\"roles\":[]}}");
        for (String role : roles) {
            String[] parts = role.split("<");
            json.add("\"" + parts[0] + "\":{\"RoleArn\":\"" + arn(parts[0]) + "\",\"RoleSessionName\":\"s-{run}\",\"DurationSeconds\":3600"
                + (parts.length > 1 ? ",\"via\":\"" + parts[1] + "\"" : "") + "}");
        }
        return PlanReader.fromJson(json.toString());
    }

    /** A chain of the given length: r1, r2 from r1, and so on. */
    static Plan chain(int hops) {
        String[] roles = new String[hops];
        for (int number = 1; number <= hops; number++) {
            roles[number - 1] = number == 1 ? "r1" : "r" + number + "<r" + (number - 1);
        }
        return of(roles);
    }

    static String arn(String role) {
        return "arn:aws:iam::" + (role.equals("hub") ? "111122223333" : "444455556666") + ":role/" + role;
    }
}

package io.sparkxacct.session;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether the ARN that STS answers is the one that a declaration names. */
final class CallerIdentity {
    private static final Pattern ROLE_SESSION = Pattern.compile("arn:([^:]+):sts::(\\d+):assumed-role/([^/]+)/.+");
    private static final Pattern ROLE = Pattern.compile("arn:([^:]+):iam::(\\d+):role/(?:.*/)?([^/]+)");

    private CallerIdentity() {
    }

    /**
     * A role session is its role, whatever the session's name; everything else must be equal.
     *
     * <p>The path of a role is no part of a session's ARN and cannot be compared.
     *
     * @param actual may be null, which is nobody
     */
    static boolean is(String actual, String declared) {
        if (actual == null) {
            return false;
        }
        Matcher session = ROLE_SESSION.matcher(actual);
        Matcher role = ROLE.matcher(declared);
        if (!role.matches()) {
            role = ROLE_SESSION.matcher(declared);
        }
        if (session.matches() && role.matches()) {
            return session.group(1).equals(role.group(1)) && session.group(2).equals(role.group(2)) && session.group(3).equals(role.group(3));
        }
        return actual.equals(declared);
    }
}

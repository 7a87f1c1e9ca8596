package io.sparkxacct.testkit;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads who signed a request. */
final class AccessKeys {
    private static final Pattern CREDENTIAL = Pattern.compile("Credential=([^/]+)/");

    private AccessKeys() {
    }

    /** Null for an unsigned request. */
    static String of(String authorization) {
        if (authorization == null) {
            return null;
        }
        Matcher matcher = CREDENTIAL.matcher(authorization);
        return matcher.find() ? matcher.group(1) : "unreadable: " + authorization;
    }
}

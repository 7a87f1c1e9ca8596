package io.sparkxacct.session;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** A failure as a map of strings and back: all its words, so that it reads the same in another JVM. */
public final class FailureFields {
    private static final String KIND = "kind";
    private static final String PROBLEM = "problem";
    private static final String ADVICE = "advice";
    private static final String CODE = "code";
    private static final String STS_MESSAGE = "stsMessage";
    private static final String ROLE = "role";
    private static final String ATTEMPTS = "attempts";
    private static final String RETRY_IN = "retryInMillis";
    private static final String HOP_ROLE = "hop.role";
    private static final String HOP_NUMBER = "hop.number";
    private static final String HOP_COUNT = "hop.hops";
    private static final String HOP_ARN = "hop.arn";

    private FailureFields() {
    }

    /** @param nowMillis the wall clock here; the time of the next attempt goes as what is left until then */
    public static Map<String, String> of(Failure failure, long nowMillis) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put(KIND, failure.kind().name());
        put(fields, PROBLEM, failure.problem());
        put(fields, ADVICE, failure.advice());
        put(fields, CODE, failure.code());
        put(fields, STS_MESSAGE, failure.stsMessage());
        put(fields, ROLE, failure.role());
        fields.put(ATTEMPTS, Integer.toString(failure.attempts()));
        if (failure.retryAfter() != null) {
            fields.put(RETRY_IN, Long.toString(failure.retryAfter().toEpochMilli() - nowMillis));
        }
        Hop hop = failure.hop();
        if (hop != null) {
            fields.put(HOP_ROLE, hop.role());
            fields.put(HOP_NUMBER, Integer.toString(hop.number()));
            fields.put(HOP_COUNT, Integer.toString(hop.hops()));
            fields.put(HOP_ARN, hop.arn());
        }
        return fields;
    }

    /** Throws IllegalArgumentException for fields that are none of a failure. */
    public static Failure read(Map<String, String> fields, long nowMillis) {
        String problem = fields.get(PROBLEM);
        String kind = fields.get(KIND);
        if (problem == null || kind == null) {
            throw new IllegalArgumentException("a failure without kind or problem");
        }
        String retryIn = fields.get(RETRY_IN);
        if (fields.get(HOP_ARN) != null && fields.get(HOP_ROLE) == null) {
            throw new IllegalArgumentException("a hop without its role");
        }
        Hop hop = fields.get(HOP_ARN) == null ? null
            : new Hop(fields.get(HOP_ROLE), Integer.parseInt(fields.get(HOP_NUMBER)), Integer.parseInt(fields.get(HOP_COUNT)), fields.get(HOP_ARN));
        return Failure.read(Failure.Kind.valueOf(kind), fields.get(ROLE), hop, fields.get(CODE), problem, fields.get(ADVICE),
            fields.get(STS_MESSAGE), Integer.parseInt(fields.getOrDefault(ATTEMPTS, "0")),
            retryIn == null ? null : Instant.ofEpochMilli(nowMillis + Long.parseLong(retryIn)));
    }

    private static void put(Map<String, String> fields, String name, String value) {
        if (value != null) {
            fields.put(name, value);
        }
    }
}

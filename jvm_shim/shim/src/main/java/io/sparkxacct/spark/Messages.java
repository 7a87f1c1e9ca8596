package io.sparkxacct.spark;

import io.sparkxacct.session.Count;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureFields;
import io.sparkxacct.session.Offer;
import io.sparkxacct.session.RefusedKey;
import io.sparkxacct.session.RoleSession;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What broker and executors say to each other: strings, because an answer with a class that only the jar has would make Spark drop the
 * executor's connection. Times go as what is left, so that no clock of another machine has a say.
 */
final class Messages {
    static final String VERSION = "1";
    static final String VERSION_FIELD = "v";
    static final String PLAN_FIELD = "plan";
    static final String ROLES_FIELD = "roles";
    /** Of a question, left out when empty: role=keyId of each session that S3 calls dead. */
    static final String DEAD_FIELD = "deadKeys";
    /** The same of sessions that S3 refused in a way that a dead one is refused too. */
    static final String DOUBTED_FIELD = "doubtedKeys";
    /** Why a question is not answered at all; a word of {@link Refusal}. */
    static final String REFUSED_FIELD = "refused";
    static final String PROBLEM_FIELD = "problem";

    /** Why the broker gives an executor nothing, for good. */
    enum Refusal {
        /** No channel that others cannot read or speak on. */
        CHANNEL,
        /** Another plan, another version, or nothing that can be read. */
        QUESTION
    }

    /** What a question says of the executor that asks it. */
    static final class Counted {
        final String executor;
        /** Higher in a later JVM of the same executor. */
        final long began;
        final Map<Count, Long> counts;

        Counted(String executor, long began, Map<Count, Long> counts) {
            this.executor = executor;
            this.began = began;
            this.counts = counts;
        }
    }

    private static final String KEY = "session.accessKeyId";
    private static final String SECRET = "session.secretAccessKey";
    private static final String TOKEN = "session.sessionToken";
    private static final String LEFT = "session.leftMillis";
    private static final String RENEWAL = "session.renewalMillis";
    private static final String WAIT = "waitMillis";
    private static final String FAILURE = "failure.";
    private static final String EXECUTOR = "executor";
    private static final String BEGAN = "began";
    private static final String COUNT = "count.";
    private static final int LONGEST_EXECUTOR = 64;
    /** So that no sum of them leaves a long. */
    private static final Pattern NUMBER = Pattern.compile("\\d{1,13}");

    private Messages() {
    }

    static Map<String, String> question(String planId, Collection<String> roles) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put(VERSION_FIELD, VERSION);
        fields.put(PLAN_FIELD, planId);
        fields.put(ROLES_FIELD, String.join(",", roles));
        return fields;
    }

    /** What the executor that asks has counted; whoever reads the question may leave it aside. */
    static void putCounts(Map<String, String> question, String executor, long began, Map<String, Long> counts) {
        question.put(EXECUTOR, executor);
        question.put(BEGAN, Long.toString(began));
        counts.forEach((word, count) -> question.put(COUNT + word, Long.toString(count)));
    }

    /** Null when the question says nothing of its executor that can be read. What is no number of ours is left aside. */
    static Counted counts(Map<String, String> question) {
        String executor = question.get(EXECUTOR);
        Long began = count(question.get(BEGAN));
        if (executor == null || executor.length() > LONGEST_EXECUTOR || began == null) {
            return null;
        }
        Map<Count, Long> counts = new EnumMap<>(Count.class);
        for (Count what : Count.values()) {
            Long count = count(question.get(COUNT + what.word()));
            if (count != null) {
                counts.put(what, count);
            }
        }
        return new Counted(executor, began, counts);
    }

    private static Long count(String text) {
        return text == null || !NUMBER.matcher(text).matches() ? null : Long.valueOf(text);
    }

    /** Says in a question which session of a role, that the driver gave, S3 refuses. */
    static void putRefused(Map<String, String> question, String role, RefusedKey key) {
        question.merge(key.isDead() ? DEAD_FIELD : DOUBTED_FIELD, role + "=" + key.accessKeyId(), (before, more) -> before + "," + more);
    }

    /** The session of a role that a question calls refused; null when it names none. */
    static RefusedKey refusedKey(Map<String, String> question, String role) {
        String dead = named(question.get(DEAD_FIELD), role);
        String doubted = dead == null ? named(question.get(DOUBTED_FIELD), role) : null;
        return dead != null ? RefusedKey.dead(dead) : doubted == null ? null : RefusedKey.doubted(doubted);
    }

    private static String named(String list, String role) {
        for (String pair : list == null ? new String[0] : list.split(",")) {
            if (pair.startsWith(role + "=")) {
                return pair.substring(role.length() + 1);
            }
        }
        return null;
    }

    static Map<String, String> refused(Refusal why, String problem) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put(VERSION_FIELD, VERSION);
        fields.put(REFUSED_FIELD, why.name());
        fields.put(PROBLEM_FIELD, problem);
        return fields;
    }

    static void putOffer(Map<String, String> answer, String role, Offer offer) {
        put(answer, role, KEY, offer.session().accessKeyId());
        put(answer, role, SECRET, offer.session().secretAccessKey());
        put(answer, role, TOKEN, offer.session().sessionToken());
        put(answer, role, LEFT, Long.toString(offer.leftMillis()));
        put(answer, role, RENEWAL, Long.toString(offer.renewalMillis()));
    }

    static void putWait(Map<String, String> answer, String role, long millis) {
        put(answer, role, WAIT, Long.toString(millis));
    }

    static void putFailure(Map<String, String> answer, String role, Failure failure, long nowMillis) {
        FailureFields.of(failure, nowMillis).forEach((name, value) -> put(answer, role, FAILURE + name, value));
    }

    /** The session of a role; null when the answer has none. {@code nowMillis}: the wall clock when the question was asked. */
    static RoleSession session(Map<String, String> answer, String role, long nowMillis) {
        String key = get(answer, role, KEY);
        String secret = get(answer, role, SECRET);
        if (key == null || secret == null) {
            return null;
        }
        return new RoleSession(key, secret, get(answer, role, TOKEN), Instant.ofEpochMilli(nowMillis + number(answer, role, LEFT)),
            Instant.ofEpochMilli(nowMillis + number(answer, role, RENEWAL)));
    }

    /** In how long the role should be asked for again; null when the answer does not say. */
    static Long waitMillis(Map<String, String> answer, String role) {
        return get(answer, role, WAIT) == null ? null : Long.valueOf(number(answer, role, WAIT));
    }

    /** Why there is no session of a role; null when the answer tells none. */
    static Failure failure(Map<String, String> answer, String role, long nowMillis) {
        Map<String, String> fields = new HashMap<>();
        String prefix = role + "/" + FAILURE;
        answer.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                fields.put(name.substring(prefix.length()), value);
            }
        });
        return fields.isEmpty() ? null : FailureFields.read(fields, nowMillis);
    }

    /** A message as it came from the other JVM; null when it is none of ours. */
    static Map<String, String> read(Object message) {
        Map<String, String> fields = strings(message);
        return fields != null && VERSION.equals(fields.get(VERSION_FIELD)) ? fields : null;
    }

    /** An answer as it travels: not as a map, whose text Spark would write to the log ("Ignored message") when it comes after its time. */
    static String[] packed(Map<String, String> answer) {
        String[] texts = new String[answer.size() * 2];
        int next = 0;
        for (Map.Entry<String, String> entry : answer.entrySet()) {
            texts[next++] = entry.getKey();
            texts[next++] = entry.getValue();
        }
        return texts;
    }

    /** Of {@link #packed}; null for anything else. */
    static Map<String, String> unpacked(Object answer) {
        if (!(answer instanceof String[]) || ((String[]) answer).length % 2 != 0) {
            return null;
        }
        String[] texts = (String[]) answer;
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i < texts.length; i += 2) {
            fields.put(texts[i], texts[i + 1]);
        }
        return fields;
    }

    /** A map of strings; null for anything else. */
    static Map<String, String> strings(Object message) {
        if (!(message instanceof Map)) {
            return null;
        }
        Map<String, String> fields = new HashMap<>();
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) message).entrySet()) {
            if (!(entry.getKey() instanceof String) || !(entry.getValue() instanceof String)) {
                return null;
            }
            fields.put((String) entry.getKey(), (String) entry.getValue());
        }
        return fields;
    }

    private static void put(Map<String, String> answer, String role, String name, String value) {
        if (value != null) {
            answer.put(role + "/" + name, value);
        }
    }

    private static String get(Map<String, String> answer, String role, String name) {
        return answer.get(role + "/" + name);
    }

    private static long number(Map<String, String> answer, String role, String name) {
        String value = get(answer, role, name);
        if (value == null) {
            throw new IllegalArgumentException("the answer has no " + name + " of role " + role);
        }
        return Long.parseLong(value);
    }
}

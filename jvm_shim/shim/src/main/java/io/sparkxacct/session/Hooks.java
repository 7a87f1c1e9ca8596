package io.sparkxacct.session;

import io.sparkxacct.plan.Decision;
import io.sparkxacct.plan.Plan;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/**
 * What is known of the FileSystems that have our providers: whether S3's refusals are told to us, and under which name.
 *
 * <p>S3A leaves a hook out without a word where auditing is off, and asks for an access point by its ARN. Thread-safe.
 */
final class Hooks {
    private static final String AUDITED = "fs.s3a.audit.enabled";
    private static final String ACCESS_POINT = "fs.s3a.accesspoint.arn";

    private final Consumer<String> warnings;
    /** The plan under which that was said last. */
    private final AtomicReference<String> warned = new AtomicReference<>("");
    private final Map<String, String> byAccessPoint = new ConcurrentHashMap<>();

    Hooks(Consumer<String> warnings) {
        this.warnings = warnings;
    }

    /** {@code made} is the question of a provider that was made for a FileSystem; {@code plan}, which may be null, is in force. */
    void madeWith(Map<String, Object> made, Configuration configuration, Plan plan) {
        String bucket = (String) made.get("of");
        if (bucket == null) {
            return;
        }
        String accessPoint = configuration.getTrimmed(ACCESS_POINT, "");
        if (!accessPoint.isEmpty()) {
            byAccessPoint.put(accessPoint, bucket);
        }
        String missing = missing(configuration, (String) made.get("hooks"), (String) made.get("hook"), (Boolean) made.get("audited"));
        boolean isOfARole = plan != null && plan.decide("s3a", bucket, "").kind() == Decision.Kind.ROLE;
        if (missing != null && isOfARole && !warned.getAndSet(plan.id()).equals(plan.id())) {
            warnings.accept("plan " + plan.id() + ": bucket " + bucket + ": S3's refusals are not seen, so a session that is dead before its"
                + " time serves until it is renewed by its age; set " + missing + " for this bucket, as render writes it");
        }
    }

    /** The bucket that a request names, by its name or by an access point's ARN. */
    String bucket(String named) {
        return byAccessPoint.getOrDefault(named, named);
    }

    /** The settings that a FileSystem lacks; null when it has the hook. */
    private static String missing(Configuration configuration, String hooks, String hook, boolean audited) {
        String off = configuration.getBoolean(AUDITED, audited) ? null : AUDITED + "=true";
        String absent = configuration.getTrimmedStringCollection(hooks).contains(hook) ? null : hooks + "=" + hook;
        return off == null || absent == null ? off == null ? absent : off : off + " and " + absent;
    }
}

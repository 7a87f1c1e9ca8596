package io.sparkxacct.session;

import io.sparkxacct.plan.Decision;
import io.sparkxacct.plan.JarVersion;
import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;

/** One plan in force: its decisions by bucket and its role sessions. Or a plan that cannot be used, which refuses every bucket. */
final class ActivePlan {
    private final String text;
    private final Plan plan;
    private final StsInputs inputs;
    private final Failure unusable;
    private final SessionSource source;
    private final RoleSessions sessions;
    private final Map<String, Served> served = new ConcurrentHashMap<>();

    ActivePlan(String text, Plan plan, StsInputs inputs, SessionSource source) {
        this.text = text;
        this.plan = plan;
        this.inputs = inputs;
        this.unusable = refusal(plan);
        this.source = source;
        this.sessions = new RoleSessions(plan, source);
    }

    /** A plan text that could not be read, or for which no SDK was found. {@code plan} may be null. */
    ActivePlan(String text, Plan plan, Failure unusable) {
        this.text = text;
        this.plan = plan;
        this.inputs = null;
        this.unusable = unusable;
        this.source = null;
        this.sessions = null;
    }

    /** As it stood in the configuration. */
    String text() {
        return text;
    }

    /** Null when the text could not be read. */
    Plan plan() {
        return plan;
    }

    /** Null when the plan serves. */
    Failure unusable() {
        return unusable;
    }

    /** Whether another configuration with the same plan needs nothing new: false when it names another run, as a second SparkContext does. */
    boolean takes(Configuration configuration) {
        String run = configuration.get(Keys.RUN);
        if (inputs == null || run == null || run.equals(inputs.run())) {
            if (inputs != null) {
                inputs.use(configuration);
            }
            return true;
        }
        return false;
    }

    /** Throws FailureException with the bucket in its text. */
    RoleSession resolve(String scheme, String bucket) {
        return session(served(scheme, bucket), bucket);
    }

    /** The session of a bucket as a map of JDK types, the same instance as long as the session is the same. */
    Map<String, String> answer(String scheme, String bucket) {
        Served asked = served(scheme, bucket);
        RoleSession session = session(asked, bucket);
        Answer last = asked.last;
        if (last == null || last.session != session) {
            last = new Answer(session);
            asked.last = last;
        }
        return last.values;
    }

    private RoleSession session(Served asked, String bucket) {
        try {
            switch (asked.decision.kind()) {
                case ROLE:
                    return sessions.get(asked.decision.role());
                case BASE:
                    return sessions.base();
                default:
                    // Settings name our providers for declared buckets only: what the plan no longer names is refused.
                    throw new FailureException(Failure.undeclared(asked.decision.reason(), plan.id()));
            }
        } catch (FailureException failed) {
            throw new FailureException(failed.failure(), bucket);
        } catch (Exception | LinkageError unexpected) {
            // Exception, because code of other languages throws checked ones that no signature names.
            throw new FailureException(Failure.plan("no session can be given: " + unexpected, null), bucket);
        }
    }

    private Served served(String scheme, String bucket) {
        if (unusable != null) {
            throw new FailureException(unusable, bucket);
        }
        Served known = served.get(bucket);
        return known != null ? known : served.computeIfAbsent(bucket, name -> new Served(plan.decide(scheme, name, "")));
    }

    /** Stops refreshing. What is under way may end. */
    void drain() {
        if (sessions != null) {
            sessions.drain();
        }
    }

    /** Lets go of connections: nobody reads under this plan any more. */
    void close() {
        if (source instanceof AutoCloseable) {
            try {
                ((AutoCloseable) source).close();
            } catch (Exception nobodyWaitsForIt) {
                // Nothing is asked of it again.
            }
        }
    }

    /** A provider knows the bucket only, so a plan with prefixes would serve them under the wrong role. */
    private static Failure refusal(Plan plan) {
        for (Plan.Binding binding : plan.bindings()) {
            if (!binding.prefix().isEmpty()) {
                return Failure.plan("plan " + plan.id() + " binds the prefix " + binding.key() + ", which no connector of this jar "
                    + JarVersion.current() + " can carry", "bind the whole bucket " + binding.bucket() + ", or give the prefix a bucket of its own");
            }
        }
        return null;
    }

    /** A bucket that was asked for. */
    private static final class Served {
        final Decision decision;
        volatile Answer last;

        Served(Decision decision) {
            this.decision = decision;
        }
    }

    /** One session in the form that providers of any class loader read. */
    private static final class Answer {
        final RoleSession session;
        final Map<String, String> values;

        Answer(RoleSession session) {
            Map<String, String> map = new HashMap<>();
            map.put("accessKeyId", session.accessKeyId());
            map.put("secretAccessKey", session.secretAccessKey());
            if (session.sessionToken() != null) {
                map.put("sessionToken", session.sessionToken());
            }
            this.session = session;
            this.values = Collections.unmodifiableMap(map);
        }
    }
}

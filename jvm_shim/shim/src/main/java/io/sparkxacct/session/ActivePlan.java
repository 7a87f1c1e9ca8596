package io.sparkxacct.session;

import io.sparkxacct.plan.Decision;
import io.sparkxacct.plan.JarVersion;
import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One plan in force: its decisions by bucket and its role sessions. Or a plan that cannot be used, which refuses every bucket. */
final class ActivePlan {
    private static final Logger LOG = LoggerFactory.getLogger(ActivePlan.class);

    private final String text;
    private final Plan plan;
    private final StsInputs inputs;
    private final Failure unusable;
    private final SessionSource source;
    private final RoleSessions sessions;
    private final Counters counters;
    private final S3Refusals refusals;
    private volatile boolean setByTheApplication;
    private volatile boolean drained;
    private final Map<String, Served> served = new ConcurrentHashMap<>();

    ActivePlan(String text, Plan plan, StsInputs inputs, SessionSource source, Counters counters) {
        this.text = text;
        this.plan = plan;
        this.inputs = inputs;
        this.unusable = refusal(plan);
        this.source = source;
        this.sessions = new RoleSessions(plan, source, counters);
        this.counters = counters;
        this.refusals = new S3Refusals(plan, sessions, Clock.system(), line -> LOG.warn("spark-xacct: {}", line));
    }

    /** A plan text that could not be read, or for which no SDK was found. {@code plan} may be null. */
    ActivePlan(String text, Plan plan, Failure unusable) {
        this.text = text;
        this.plan = plan;
        this.inputs = null;
        this.unusable = unusable;
        this.source = null;
        this.sessions = null;
        this.counters = null;
        this.refusals = null;
    }

    /** Null when the text could not be read. */
    Plan plan() {
        return plan;
    }

    /** Null when the plan serves. */
    Failure unusable() {
        return unusable;
    }

    StsInputs inputs() {
        return inputs;
    }

    /** The same plan with its role sessions from another source. */
    ActivePlan by(SessionSource other) {
        ActivePlan same = new ActivePlan(text, plan, inputs, other, counters);
        same.setByTheApplication = setByTheApplication;
        return same;
    }

    /** See RoleSessions. */
    Offer offer(String role) {
        if (unusable != null) {
            throw new FailureException(unusable);
        }
        return sessions.offer(role);
    }

    /** See RoleSessions. */
    Offer offer(String role, long patienceNanos) {
        if (unusable != null) {
            throw new FailureException(unusable);
        }
        return sessions.offer(role, patienceNanos);
    }

    /** Who a role, or the base identity ("@base"), is to STS. Throws FailureException. */
    String caller(String role) {
        if (unusable != null) {
            throw new FailureException(unusable);
        }
        return source.callerArn(Keys.TARGET_BASE.equals(role) ? sessions.base() : sessions.get(role));
    }

    JvmReport report() {
        return unusable != null ? new JvmReport(plan, null, unusable.firstLine(null), null, Collections.emptyList())
            : new JvmReport(plan, inputs.run(), null, source.origin(), sessions.snapshot());
    }

    /** See RoleSessions. */
    Forced forceRefresh(String role, RefusedKey refused) {
        return unusable != null ? Forced.NOT_NOW : sessions.forceRefresh(role, refused);
    }

    /** Told by a hook in S3A. */
    void refused(S3Refusal refusal) {
        if (unusable == null) {
            refusals.take(refusal);
        }
    }

    /** Whether the application brought it, and not only a file of the machine. */
    boolean isSetByTheApplication() {
        return setByTheApplication;
    }

    void setByTheApplication() {
        setByTheApplication = true;
    }

    /** Whether this plan is the wanted one and serves: false when another run is named, as a second SparkContext does. */
    boolean serves(WantedPlan wanted) {
        if (unusable != null || drained || wanted.run() != null && !wanted.run().equals(inputs.run())) {
            return false;
        }
        boolean same = !wanted.isFile() && wanted.text().equals(text) || wanted.plan() != null && wanted.plan().id().equals(plan.id());
        if (same && !wanted.isByText()) {
            inputs.offer(wanted.configuration());
        }
        return same;
    }

    /** Whether both refuse everything for the same reason, so that it need not be said again. */
    boolean saysTheSameAs(ActivePlan other) {
        return unusable != null && other.unusable != null && unusable.firstLine(null).equals(other.unusable.firstLine(null));
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
        return last;
    }

    private RoleSession session(Served asked, String bucket) {
        try {
            if (asked.slot == null) {
                counters.add(Failure.Kind.UNDECLARED);
                // Settings name our providers for declared buckets only: what the plan no longer names is refused.
                throw new FailureException(Failure.undeclared(asked.decision.reason(), plan.id()));
            }
            return sessions.get(asked.slot);
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
        return known != null ? known : served.computeIfAbsent(bucket, name -> decided(plan.decide(scheme, name, "")));
    }

    private Served decided(Decision decision) {
        switch (decision.kind()) {
            case ROLE:
                return new Served(decision, sessions.slot(decision.role()));
            case BASE:
                return new Served(decision, sessions.base);
            default:
                return new Served(decision, null);
        }
    }

    boolean isDrained() {
        return drained;
    }

    /** Stops refreshing, for good. What is under way may end. */
    void drain() {
        if (sessions != null) {
            drained = true;
            sessions.drain();
        }
    }

    /** Lets go of connections, when nobody reads under this plan any more. */
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
        /** Whose session serves it; null when nobody's does. */
        final Slot slot;
        volatile Answer last;

        Served(Decision decision, Slot slot) {
            this.decision = decision;
            this.slot = slot;
        }
    }

    /** One session in the form that providers of any class loader read. Shows no secret. */
    private static final class Answer extends AbstractMap<String, String> {
        final RoleSession session;
        private final Map<String, String> values = new HashMap<>();

        Answer(RoleSession session) {
            this.session = session;
            values.put("accessKeyId", session.accessKeyId());
            values.put("secretAccessKey", session.secretAccessKey());
            if (session.sessionToken() != null) {
                values.put("sessionToken", session.sessionToken());
            }
        }

        @Override
        public String get(Object name) {
            return values.get(name);
        }

        @Override
        public Set<Entry<String, String>> entrySet() {
            return Collections.unmodifiableMap(values).entrySet();
        }

        @Override
        public String toString() {
            return session.toString();
        }
    }
}

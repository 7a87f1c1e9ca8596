package io.sparkxacct.session;

import io.sparkxacct.plan.JarVersion;
import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which plan is in force, and how another takes its place: each is read and opened aside, then exchanged whole. {@link JvmSessions}
 * says what its methods promise. Thread-safe; nobody waits for another's plan file.
 */
final class PlanInForce {
    private static final Logger LOG = LoggerFactory.getLogger(PlanInForce.class);

    private final Function<StsInputs, SessionSource> sources;
    private final Consumer<Runnable> later;
    private final Counters counters = new Counters();
    private final Hooks hooks = new Hooks(text -> LOG.warn("spark-xacct: {}", text));
    /** Written under the monitor, under which nothing blocks. */
    private volatile ActivePlan active;
    /** Whether the active plan was activated, so that no FileSystem's configuration replaces it. Written under the monitor. */
    private volatile boolean activated;
    /** What stands before STS as the source of role sessions; null while nothing does. */
    private volatile BiFunction<Plan, SessionSource, SessionSource> wrapper;
    /** What a FileSystem's configuration carried when that was last logged. */
    private volatile String ignored;

    /**
     * @param sources makes the source of role sessions of one plan; it may throw FailureException
     * @param later runs a task when the last calls under a plan that was just replaced have ended
     */
    PlanInForce(Function<StsInputs, SessionSource> sources, Consumer<Runnable> later) {
        this.sources = sources;
        this.later = later;
    }

    Map<String, String> answer(Map<String, Object> question) {
        String bucket = (String) question.get("bucket");
        if (bucket != null) {
            return inForce(bucket).answer((String) question.get("scheme"), bucket);
        }
        Configuration configuration = (Configuration) question.get("configuration");
        ActivePlan now = active;
        if (configuration != null) {
            adopt(configuration);
            hooks.madeWith(question, configuration, plan());
        } else if (now != null && question.containsKey(S3Refusal.BUCKET)) {
            now.refused(S3Refusal.read(question, hooks.bucket((String) question.get(S3Refusal.BUCKET))));
        }
        return Collections.emptyMap();
    }

    RoleSession session(String scheme, String bucket) {
        return inForce(bucket).resolve(scheme, bucket);
    }

    Offer offer(Plan plan, String role) {
        return inForce(plan, role).offer(role);
    }

    Offer offer(Plan plan, String role, long patienceNanos) {
        return inForce(plan, role).offer(role, patienceNanos);
    }

    private ActivePlan inForce(Plan plan, String role) {
        ActivePlan now = inForce(null);
        if (now.plan() == null || !now.plan().id().equals(plan.id())) {
            throw new FailureException(Failure.unanswered(role, "plan " + plan.id() + " is no longer in force"));
        }
        return now;
    }

    boolean renew(Plan plan, String role, RefusedKey refused) {
        return inForce(plan, role).forceRefresh(role, refused) != Forced.NOT_NOW;
    }

    String caller(String role) {
        return inForce(null).caller(role);
    }

    private ActivePlan inForce(String bucket) {
        ActivePlan now = active;
        if (now == null) {
            throw new FailureException(Failure.plan(noPlan(), null), bucket);
        }
        return now;
    }

    String put(Configuration configuration) {
        return put(WantedPlan.of(configuration));
    }

    String put(WantedPlan wanted) {
        if (wanted == null) {
            throw new PlanException(noPlan());
        }
        ActivePlan now = adopt(wanted, true);
        if (now.unusable() != null) {
            throw new FailureException(now.unusable());
        }
        return now.plan().id();
    }

    /** False, and no change, for a configuration without a plan. */
    boolean adopt(Configuration configuration) {
        WantedPlan wanted = WantedPlan.of(configuration);
        if (wanted != null) {
            adopt(wanted, false);
        }
        return wanted != null;
    }

    /** Returns what is in force afterwards. Reads and opens first, then exchanges: nobody waits for another's plan file. */
    private ActivePlan adopt(WantedPlan wanted, boolean activating) {
        String siteFile = activating ? null : wanted.siteFile();
        while (true) {
            ActivePlan seen = active;
            boolean fixed = activated && !activating;
            ActivePlan next = seen;
            if (seen == null || !seen.serves(wanted)) {
                boolean yields = siteFile != null && seen != null && seen.isSetByTheApplication()
                    && !(seen.isDrained() && wanted.isAnotherRunOf(seen));
                if (yields || fixed && !wanted.isAnotherRunOf(seen)) {
                    sayIgnored(seen, wanted, fixed ? null : siteFile);
                    return seen;
                }
                next = open(wanted);
                if (seen != null && next.saysTheSameAs(seen)) {
                    next = seen;
                }
            }
            if (siteFile == null) {
                next.setByTheApplication();
            }
            if (exchange(seen, next, activating, fixed)) {
                return next;
            }
        }
    }

    /** False, and no change, when another thread was faster. */
    private boolean exchange(ActivePlan seen, ActivePlan next, boolean activating, boolean fixed) {
        synchronized (this) {
            if (active != seen || (activated && !activating) != fixed) {
                return false;
            }
            activated |= activating;
            if (next == seen) {
                return true;
            }
            active = next;
        }
        if (seen != null) {
            seen.drain();
            later.accept(seen::close);
        }
        if (next == null) {
            LOG.info("spark-xacct {}: no plan is in force any more (before: {})", JarVersion.current(), idOf(seen));
            return true;
        }
        String was = idOf(seen) == null ? "" : " (before: " + idOf(seen) + ")";
        if (next.unusable() != null) {
            LOG.error("spark-xacct {}: no bucket is served{}: {}", JarVersion.current(), was, next.unusable().firstLine(null));
        } else {
            LOG.info("spark-xacct {}: {} is in force{}", JarVersion.current(), next.plan(), was);
        }
        return true;
    }

    private ActivePlan open(WantedPlan wanted) {
        Plan plan = wanted.plan();
        if (plan == null) {
            return new ActivePlan(wanted.text(), null, wanted.damage());
        }
        Configuration configuration = wanted.configuration();
        Function<String, String> lookup = configuration::get;
        try {
            StsInputs inputs = new StsInputs(plan, RunTimeNames.run(lookup, System::getProperty, System::getenv), RunTimeNames.user(lookup),
                System::getenv, configuration);
            if (wanted.isByText()) {
                inputs.awaitConfiguration();
            }
            return new ActivePlan(wanted.text(), plan, inputs, source(inputs), counters);
        } catch (FailureException unusable) {
            return new ActivePlan(wanted.text(), plan, unusable.failure());
        } catch (Exception | LinkageError broken) {
            return new ActivePlan(wanted.text(), plan, Failure.plan("STS cannot be asked from this JVM: " + broken, null));
        }
    }

    private SessionSource source(StsInputs inputs) {
        BiFunction<Plan, SessionSource, SessionSource> now = wrapper;
        return now == null ? sources.apply(inputs) : now.apply(inputs.plan(), new LazySource(() -> sources.apply(inputs)));
    }

    void takeFrom(BiFunction<Plan, SessionSource, SessionSource> wrap) {
        wrapper = wrap;
        ActivePlan seen;
        do {
            seen = active;
            if (seen == null || seen.unusable() != null || seen.isDrained()) {
                return;
            }
        } while (!exchange(seen, seen.by(source(seen.inputs())), false, activated));
    }

    /** {@code siteFile} null: the active plan was activated. */
    private void sayIgnored(ActivePlan active, WantedPlan wanted, String siteFile) {
        String other = wanted.plan() == null ? wanted.damage().firstLine(null) : wanted.plan().toString();
        if (!other.equals(ignored)) {
            ignored = other;
            String plan = idOf(active) == null ? "a plan that cannot be read" : "plan " + idOf(active);
            LOG.warn("spark-xacct {}: {} was {} and stays in force; {} carries another, which is left aside: {}", JarVersion.current(), plan,
                siteFile == null ? "activated" : "set by the application",
                siteFile == null ? "the configuration of a FileSystem" : siteFile, other);
        }
    }

    void clear() {
        boolean cleared;
        do {
            synchronized (this) {
                activated = false;
            }
            cleared = exchange(active, null, false, false);
        } while (!cleared);
    }

    void drain() {
        ActivePlan now = active;
        if (now != null) {
            now.drain();
        }
    }

    /** Null when there is none or it cannot be used. */
    Plan plan() {
        ActivePlan now = usable();
        return now == null ? null : now.plan();
    }

    String run() {
        ActivePlan now = usable();
        return now == null ? null : now.inputs().run();
    }

    String user() {
        ActivePlan now = usable();
        return now == null ? null : now.inputs().user();
    }

    Map<String, String> status() {
        Map<String, String> status = new LinkedHashMap<>();
        status.put("jar", JarVersion.current());
        ActivePlan now = active;
        if (now != null && now.plan() != null) {
            status.put("plan", now.plan().id());
            status.put("about", now.plan().toString());
        }
        if (now != null && now.unusable() != null) {
            status.put("problem", now.unusable().firstLine(null));
        }
        return status;
    }

    JvmReport report() {
        ActivePlan now = active;
        return now == null ? JvmReport.EMPTY : now.report();
    }

    Counters counters() {
        return counters;
    }

    private ActivePlan usable() {
        ActivePlan now = active;
        return now == null || now.unusable() != null ? null : now;
    }

    private static String idOf(ActivePlan plan) {
        return plan == null || plan.plan() == null ? null : plan.plan().id();
    }

    private static String noPlan() {
        return Keys.PLAN + " is not set in the Hadoop configuration of this JVM (spark.hadoop." + Keys.PLAN + " in Spark)";
    }
}

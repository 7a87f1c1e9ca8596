package io.sparkxacct.session;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.sparkxacct.plan.JarVersion;
import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanException;
import io.sparkxacct.plan.PlanReader;
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
 * The plan that is in force in this JVM, and the role session of each bucket under it.
 *
 * <p>One per JVM (per copy of this class). Providers keep scheme and bucket only and ask here at every call, because Hadoop keeps
 * FileSystems, and with them providers, beyond the SparkContext that made them. For the same reason a plan that was activated wins
 * over whatever a FileSystem's configuration carries; where nobody activates, the newest FileSystem's plan is in force, but that one which
 * stands in a site file does not replace one that the application set.
 */
public final class JvmSessions {
    private static final Logger LOG = LoggerFactory.getLogger(JvmSessions.class);
    /** A reader may have begun to wait under a plan just before it was replaced; then its last call ends. */
    private static final long CLOSE_AFTER = RefreshPolicy.EMPTY_WAIT + SECONDS.toNanos(15);
    private static final JvmSessions OF_THIS_JVM = new JvmSessions(
        JvmSessions::fromSts, task -> DaemonScheduler.later(CLOSE_AFTER, task));

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
    JvmSessions(Function<StsInputs, SessionSource> sources, Consumer<Runnable> later) {
        this.sources = sources;
        this.later = later;
    }

    /**
     * Puts the plan of a Hadoop configuration in force until the next activation, and returns its id.
     *
     * <p>Calls nobody. Throws PlanException when there is no plan, and FailureException when there is one that cannot be used: every
     * bucket is refused then.
     */
    public static String activate(Configuration configuration) {
        return OF_THIS_JVM.put(configuration);
    }

    /** The same by a plan's whole text, with run id and user or null; called by py4j when a SparkContext has started. */
    public static String activate(String plan, String run, String user) {
        return activate(plan, run, user, Collections.emptyMap());
    }

    /** @param settings of the application, by Hadoop's names: STS may be asked before any FileSystem brings them, by its proxy for one */
    public static String activate(String plan, String run, String user, Map<String, String> settings) {
        Configuration configuration = new Configuration();
        settings.forEach(configuration::set);
        if (run != null) {
            configuration.set(Keys.RUN, run);
        }
        if (user != null) {
            configuration.set(Keys.USER, user);
        }
        return OF_THIS_JVM.put(WantedPlan.of(plan, configuration));
    }

    /**
     * For the end of an application whose JVM may live on: nothing is refreshed any more. Valid sessions serve to their end, and a read
     * that finds none causes one attempt; the same plan again begins anew.
     */
    public static void drain() {
        OF_THIS_JVM.drainInForce();
    }

    /** For a SparkContext without a plan: nothing is in force any more, until a plan is activated or a FileSystem brings one. */
    public static void deactivate() {
        OF_THIS_JVM.clear();
    }

    /**
     * Tells of the configuration that a provider is made with. Throws nothing: a plan that cannot be used refuses every read.
     *
     * <p>Where nothing was activated its plan is in force from now on, unless it stands in a site file only and the application set
     * another. An activated plan stays, but takes another run id.
     */
    public static void follow(Configuration configuration) {
        OF_THIS_JVM.adopt(configuration);
    }

    /** The credentials for a bucket under the plan in force. Throws FailureException with the bucket in its text. */
    public static RoleSession resolve(String scheme, String bucket) {
        return OF_THIS_JVM.session(scheme, bucket);
    }

    /**
     * See {@link RoleSessions#offer}. Throws FailureException, also when another plan has come into force: its role of that name may be
     * another one.
     */
    public static Offer offer(Plan plan, String role) {
        return OF_THIS_JVM.offered(plan, role);
    }

    /** The ARN that STS knows a role of the plan in force by, or the base identity ("@base"), in this JVM. Throws FailureException. */
    public static String caller(String role) {
        return OF_THIS_JVM.callerOf(role);
    }

    /** The same for whoever may wait so long and no longer. */
    public static Offer offer(Plan plan, String role, long patienceNanos) {
        return OF_THIS_JVM.offered(plan, role, patienceNanos);
    }

    /**
     * Has the session of a role replaced that an executor was refused with. Throws FailureException as offer() does.
     *
     * @return whether another one is at hand or on its way
     */
    public static boolean renew(Plan plan, String role, RefusedKey refused) {
        return OF_THIS_JVM.inForce(plan, role).forceRefresh(role, refused) != Forced.NOT_NOW;
    }

    /** The plan in force; null when there is none or it cannot be used. */
    public static Plan planInForce() {
        return planInForce(OF_THIS_JVM.active);
    }

    private static Plan planInForce(ActivePlan now) {
        return now == null || now.unusable() != null ? null : now.plan();
    }

    /** What {@code {run}} stands for under the plan in force; null when none is. */
    public static String run() {
        ActivePlan now = OF_THIS_JVM.active;
        return now == null || now.unusable() != null ? null : now.inputs().run();
    }

    /** What {@code {user}} stands for under the plan in force; null when none is. */
    public static String user() {
        ActivePlan now = OF_THIS_JVM.active;
        return now == null || now.unusable() != null ? null : now.inputs().user();
    }

    /**
     * Takes role sessions from elsewhere from now on, as an executor does from its driver; what is in force goes on with them.
     *
     * @param wrap makes the source of one plan; it is given the source that asks STS, which is opened at its first use
     */
    public static void takeFrom(BiFunction<Plan, SessionSource, SessionSource> wrap) {
        OF_THIS_JVM.wrap(wrap);
    }

    /** What is in force, for checks and people: "jar", and "plan" and "about" or "problem" once there is a plan. */
    public static Map<String, String> status() {
        return OF_THIS_JVM.describe();
    }

    /** The same in full, with every role's session. */
    public static JvmReport report() {
        return OF_THIS_JVM.reported();
    }

    /** What has happened in this JVM, under whatever plan. */
    public static Counters counters() {
        return OF_THIS_JVM.counted();
    }

    /**
     * The source that a provider in any class loader can call: JDK types only.
     *
     * <p>Asked with "scheme" and "bucket" it answers "accessKeyId", "secretAccessKey" and, unless the keys are long-lived,
     * "sessionToken", or throws a RuntimeException whose message is for people. Any other question it takes as news, and answers an empty
     * map: with "configuration" (a Hadoop Configuration) it follows the plan there, and with "of" (a bucket), "hooks" (a key), "hook" (what
     * that should list) and "audited" (a Boolean, S3A's default) it looks whether S3's refusals will be told; with "refusedBucket",
     * "operation", "status" (an Integer), "code" and "accessKeyId", all but the first and "status" optional, they are.
     */
    public static Function<Map<String, Object>, Map<String, String>> providerSource() {
        return OF_THIS_JVM::answer;
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
            hooks.madeWith(question, configuration, planInForce(active));
        } else if (now != null && question.containsKey(S3Refusal.BUCKET)) {
            now.refused(S3Refusal.read(question, hooks.bucket((String) question.get(S3Refusal.BUCKET))));
        }
        return Collections.emptyMap();
    }

    RoleSession session(String scheme, String bucket) {
        return inForce(bucket).resolve(scheme, bucket);
    }

    Offer offered(Plan plan, String role) {
        return inForce(plan, role).offer(role);
    }

    Offer offered(Plan plan, String role, long patienceNanos) {
        return inForce(plan, role).offer(role, patienceNanos);
    }

    private ActivePlan inForce(Plan plan, String role) {
        ActivePlan now = inForce(null);
        if (now.plan() == null || !now.plan().id().equals(plan.id())) {
            throw new FailureException(Failure.unanswered(role, "plan " + plan.id() + " is no longer in force"));
        }
        return now;
    }

    String callerOf(String role) {
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

    private String put(WantedPlan wanted) {
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

    void wrap(BiFunction<Plan, SessionSource, SessionSource> wrap) {
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

    void drainInForce() {
        ActivePlan now = active;
        if (now != null) {
            now.drain();
        }
    }

    Map<String, String> describe() {
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

    JvmReport reported() {
        ActivePlan now = active;
        return now == null ? JvmReport.EMPTY : now.report();
    }

    Counters counted() {
        return counters;
    }

    private static SessionSource fromSts(StsInputs inputs) {
        StsLines line = StsLines.choose(
            inputs.plan().base(), StsLines::besideTheLines, name -> BaseLoader.find(name, inputs.configuration()));
        StsLine opened = line.open(inputs);
        LOG.info("spark-xacct: role sessions come from STS at {} by {}, run {}; calls an hour of this JVM, if it reads everything: {}",
            inputs.address(), opened.sdk(), inputs.run(), StsCalls.anHour(inputs.plan()));
        return new StsSource(inputs, new CountedLine(opened, counters(), Clock.system()));
    }

    private static String idOf(ActivePlan plan) {
        return plan == null || plan.plan() == null ? null : plan.plan().id();
    }

    private static String noPlan() {
        return Keys.PLAN + " is not set in the Hadoop configuration of this JVM (spark.hadoop." + Keys.PLAN + " in Spark)";
    }
}

package io.sparkxacct.session;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import java.util.Collections;
import java.util.Map;
import java.util.function.BiFunction;
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
    private static final PlanInForce OF_THIS_JVM = new PlanInForce(
        JvmSessions::fromSts, task -> DaemonScheduler.later(CLOSE_AFTER, task));

    private JvmSessions() {
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
        OF_THIS_JVM.drain();
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
        return OF_THIS_JVM.offer(plan, role);
    }

    /** The ARN that STS knows a role of the plan in force by, or the base identity ("@base"), in this JVM. Throws FailureException. */
    public static String caller(String role) {
        return OF_THIS_JVM.caller(role);
    }

    /** The same for whoever may wait so long and no longer. */
    public static Offer offer(Plan plan, String role, long patienceNanos) {
        return OF_THIS_JVM.offer(plan, role, patienceNanos);
    }

    /**
     * Has the session of a role replaced that an executor was refused with. Throws FailureException as offer() does.
     *
     * @return whether another one is at hand or on its way
     */
    public static boolean renew(Plan plan, String role, RefusedKey refused) {
        return OF_THIS_JVM.renew(plan, role, refused);
    }

    /** The plan in force; null when there is none or it cannot be used. */
    public static Plan planInForce() {
        return OF_THIS_JVM.plan();
    }

    /** What {@code {run}} stands for under the plan in force; null when none is. */
    public static String run() {
        return OF_THIS_JVM.run();
    }

    /** What {@code {user}} stands for under the plan in force; null when none is. */
    public static String user() {
        return OF_THIS_JVM.user();
    }

    /**
     * Takes role sessions from elsewhere from now on, as an executor does from its driver; what is in force goes on with them.
     *
     * @param wrap makes the source of one plan; it is given the source that asks STS, which is opened at its first use
     */
    public static void takeFrom(BiFunction<Plan, SessionSource, SessionSource> wrap) {
        OF_THIS_JVM.takeFrom(wrap);
    }

    /** What is in force, for checks and people: "jar", and "plan" and "about" or "problem" once there is a plan. */
    public static Map<String, String> status() {
        return OF_THIS_JVM.status();
    }

    /** The same in full, with every role's session. */
    public static JvmReport report() {
        return OF_THIS_JVM.report();
    }

    /** What has happened in this JVM, under whatever plan. */
    public static Counters counters() {
        return OF_THIS_JVM.counters();
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

    private static SessionSource fromSts(StsInputs inputs) {
        StsLines line = StsLines.choose(
            inputs.plan().base(), StsLines::besideTheLines, name -> BaseLoader.find(name, inputs.configuration()));
        StsLine opened = line.open(inputs);
        LOG.info("spark-xacct: role sessions come from STS at {} by {}, run {}; calls an hour of this JVM, if it reads everything: {}",
            inputs.address(), opened.sdk(), inputs.run(), StsCalls.anHour(inputs.plan()));
        return new StsSource(inputs, new CountedLine(opened, counters(), Clock.system()));
    }
}

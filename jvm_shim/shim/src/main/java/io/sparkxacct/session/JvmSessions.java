package io.sparkxacct.session;

import io.sparkxacct.plan.JarVersion;
import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanException;
import io.sparkxacct.plan.PlanReader;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plan that is in force in this JVM, and the role session of each bucket under it.
 *
 * <p>One per JVM (per copy of this class). Providers keep scheme and bucket only and ask here at every call, because Hadoop keeps
 * FileSystems, and with them providers, beyond the SparkContext that made them.
 */
public final class JvmSessions {
    private static final Logger LOG = LoggerFactory.getLogger(JvmSessions.class);
    private static final JvmSessions OF_THIS_JVM = new JvmSessions(JvmSessions::fromSts);

    private final Function<StsInputs, SessionSource> sources;
    private volatile ActivePlan active;
    /** The one before, whose last calls may still be under way; closed when the next plan comes. */
    private ActivePlan retired;

    /** {@code sources} makes the source of role sessions of one plan; it may throw FailureException. */
    JvmSessions(Function<StsInputs, SessionSource> sources) {
        this.sources = sources;
    }

    /**
     * Puts the plan of a Hadoop configuration in force and returns its id; called by py4j when a SparkContext starts.
     *
     * <p>Calls nobody. Throws PlanException when there is no plan, and FailureException when there is one that cannot be used: every
     * bucket is refused then.
     */
    public static String activate(Configuration configuration) {
        return OF_THIS_JVM.put(configuration);
    }

    /** The same for a SparkContext that is yet to come: the plan's text, and run id and user or null. */
    public static String activate(String plan, String run, String user) {
        Configuration configuration = new Configuration();
        configuration.set(Keys.PLAN, plan);
        if (run != null) {
            configuration.set(Keys.RUN, run);
        }
        if (user != null) {
            configuration.set(Keys.USER, user);
        }
        return activate(configuration);
    }

    /** The same for a provider that is made, whatever comes of it: a plan that cannot be used refuses every bucket at the first read. */
    public static void follow(Configuration configuration) {
        OF_THIS_JVM.adopt(configuration);
    }

    /** The credentials for a bucket under the plan in force. Throws FailureException with the bucket in its text. */
    public static RoleSession resolve(String scheme, String bucket, String key) {
        return OF_THIS_JVM.session(scheme, bucket);
    }

    /** What is in force, for checks and people: "jar", and "plan" and "about" or "problem" once there is a plan. */
    public static Map<String, String> status() {
        return OF_THIS_JVM.describe();
    }

    /**
     * The source that a provider in any class loader can call: JDK types only.
     *
     * <p>Asked with "configuration" (a Hadoop Configuration) it follows the plan there and answers an empty map. Asked with "scheme" and
     * "bucket" it answers "accessKeyId", "secretAccessKey" and, unless the keys are long-lived, "sessionToken", or throws a
     * RuntimeException whose message is for people.
     */
    public static Function<Map<String, Object>, Map<String, String>> providerSource() {
        return OF_THIS_JVM::answer;
    }

    Map<String, String> answer(Map<String, Object> question) {
        String bucket = (String) question.get("bucket");
        Object configuration = bucket == null ? question.get("configuration") : null;
        if (configuration != null) {
            adopt((Configuration) configuration);
            return Collections.emptyMap();
        }
        return inForce(bucket).answer((String) question.get("scheme"), bucket);
    }

    RoleSession session(String scheme, String bucket) {
        return inForce(bucket).resolve(scheme, bucket);
    }

    private ActivePlan inForce(String bucket) {
        ActivePlan now = active;
        if (now == null) {
            throw new FailureException(Failure.plan(noPlan(), null), bucket);
        }
        return now;
    }

    synchronized String put(Configuration configuration) {
        if (!adopt(configuration)) {
            throw new PlanException(noPlan());
        }
        ActivePlan now = active;
        if (now.unusable() != null) {
            throw new FailureException(now.unusable());
        }
        return now.plan().id();
    }

    /** Makes the configuration's plan the active one if it is another. False, and no change, for a configuration without a plan. */
    synchronized boolean adopt(Configuration configuration) {
        String text;
        Plan plan;
        try {
            text = PlanReader.join(configuration::getRaw);
            if (text == null) {
                return false;
            }
        } catch (PlanException broken) {
            refuseAll("", broken);
            return true;
        }
        if (active != null && active.text().equals(text) && !text.startsWith("file:") && active.takes(configuration)) {
            return true;
        }
        try {
            plan = PlanReader.read(text);
        } catch (PlanException broken) {
            refuseAll(text, broken);
            return true;
        }
        if (active != null && active.plan() != null && active.plan().id().equals(plan.id()) && active.takes(configuration)) {
            return true;
        }
        replaceBy(open(text, plan, configuration));
        return true;
    }

    private ActivePlan open(String text, Plan plan, Configuration configuration) {
        Function<String, String> lookup = configuration::get;
        StsInputs inputs = new StsInputs(plan, RunTimeNames.run(lookup, System::getProperty, System::getenv), RunTimeNames.user(lookup),
            System::getenv, configuration);
        try {
            return new ActivePlan(text, plan, inputs, sources.apply(inputs));
        } catch (FailureException unusable) {
            return new ActivePlan(text, plan, unusable.failure());
        }
    }

    private void refuseAll(String text, PlanException broken) {
        ActivePlan before = active;
        Failure failure = Failure.plan(broken.getMessage(), null);
        if (before == null || before.unusable() == null || !Objects.equals(before.unusable().firstLine(null), failure.firstLine(null))) {
            replaceBy(new ActivePlan(text, null, failure));
        }
    }

    private void replaceBy(ActivePlan next) {
        ActivePlan before = active;
        active = next;
        String was = before == null || before.plan() == null ? "" : " (before: " + before.plan().id() + ")";
        if (next.unusable() != null) {
            LOG.error("spark-xacct {}: no bucket is served{}: {}", JarVersion.current(), was, next.unusable().firstLine(null));
        } else {
            LOG.info("spark-xacct {}: {} is in force{}", JarVersion.current(), next.plan(), was);
        }
        if (retired != null) {
            retired.close();
        }
        if (before != null) {
            before.drain();
        }
        retired = before;
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

    private static SessionSource fromSts(StsInputs inputs) {
        StsLines line = StsLines.choose(inputs.plan().base(), name -> BaseLoader.find(name, inputs.configuration()));
        StsLine opened = line.open(inputs);
        LOG.info("spark-xacct: role sessions come from STS at {} by {}, run {}", inputs.address(), opened.sdk(), inputs.run());
        return new StsSource(inputs, opened);
    }

    private static String noPlan() {
        return Keys.PLAN + " is not set in the Hadoop configuration of this JVM (spark.hadoop." + Keys.PLAN + " in Spark)";
    }
}

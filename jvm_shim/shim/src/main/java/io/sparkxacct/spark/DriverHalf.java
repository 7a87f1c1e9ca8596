package io.sparkxacct.spark;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.python.PythonSide;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.JvmSessions;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugin in the driver: puts the plan in force, starts the first fetches and answers executors.
 *
 * <p>Nothing here throws: a plugin that does ends the application, or an executor's connection. Init does not wait for STS.
 */
final class DriverHalf implements DriverPlugin {
    private static final Logger LOG = LoggerFactory.getLogger(DriverHalf.class);

    /** Whether the last SparkContext of this JVM that had the plugin had a plan. */
    private static volatile boolean planWasSet;

    private volatile Responder responder;
    private volatile PythonSide python;

    @Override
    public Map<String, String> init(SparkContext context, PluginContext plugin) {
        try {
            Map<String, String> told = start(context.hadoopConfiguration(), Settings.of(plugin.conf()));
            PluginMetrics.register(plugin::metricRegistry);
            return told;
        } catch (Throwable broken) {
            LOG.error("spark-xacct: the plugin does not start in the driver, so it serves nothing: {}", broken.toString());
            return Collections.emptyMap();
        }
    }

    /** What executors are told; nothing where there is no plan, or none that could be put in force. */
    Map<String, String> start(Configuration configuration, Settings settings) {
        ConfiguredPlan configured = new ConfiguredPlan(configuration::getRaw);
        if (!configured.isSet()) {
            LOG.info("spark-xacct: no plan is set, so the plugin does nothing");
            if (planWasSet) {
                // That plan was another SparkContext's, whose roles are not this one's.
                planWasSet = false;
                JvmSessions.deactivate();
            }
            return Collections.emptyMap();
        }
        planWasSet = true;
        try {
            FrontClasses.placeBesideS3A();
            String id = JvmSessions.activate(configuration);
            handOn(configured, settings);
            nameTheRun(configuration, settings, JvmSessions.run());
            Plan plan = ConfiguredPlan.inForce();
            fetch(plan);
            python = PythonRoles.serve(plan, settings);
            return openChannel(id, plan, settings).toMap();
        } catch (Throwable broken) {
            LOG.error("spark-xacct: the plan that is set does not come into force in the driver, so neither executors nor Python get role sessions"
                + " from it: {}", broken.toString());
            python = PythonRoles.refuse(configured, settings, broken);
            return Collections.emptyMap();
        }
    }

    /** Without one executors ask STS, but they have the plan and the handshake all the same. */
    private Handshake openChannel(String id, Plan plan, Settings settings) {
        ExecutorTally executors = new ExecutorTally();
        Broker broker = new Broker(JvmSessions::planInForce, JvmSessions::offer, JvmSessions::renew, JvmSessions.counters(), executors);
        Channel channel;
        String words;
        Handshake handshake;
        Seal seal;
        try {
            byte[] key = Seal.newKey();
            String master = settings.get("spark.master");
            boolean keyTravels =
                "yarn".equals(master) && !ChannelRule.showsCredentials(settings::get, SealKey.kerberos()) && SealKey.giveOut(key);
            channel = ChannelRule.choose(settings::get, master, keyTravels, SparkVersion.knowsRpcTls());
            words = ChannelCost.words(channel, plan, settings::get);
            handshake = Handshake.drawn(channel.kind());
            seal = channel.kind() == Channel.Kind.SEALED ? new Seal(key, handshake.run(), Clock.system()) : null;
        } catch (Throwable broken) {
            channel = Channel.none("the driver cannot open a channel (" + broken + ")", "that mended");
            words = channel.words();
            handshake = Handshake.drawn(channel.kind());
            seal = null;
        }
        responder = new Responder(broker, channel, seal, Clock.system(), LOG::warn);
        PluginState.put(PluginState.ofDriver(channel, words, executors));
        if (channel.kind() == Channel.Kind.UNPROTECTED_ON_PURPOSE) {
            LOG.warn("spark-xacct: **** {} ****", words);
        } else if (!channel.isOpen()) {
            LOG.warn("spark-xacct: plan {}: {}", id, words);
        } else {
            LOG.info("spark-xacct: plan {}: {}", id, words);
        }
        return handshake;
    }

    /** Executors look at Spark's settings only, and a plan of core-site.xml stands in none of them. */
    private static void handOn(ConfiguredPlan configured, Settings settings) {
        if (!new ConfiguredPlan(name -> settings.get("spark.hadoop." + name)).isSet()) {
            settings.set("spark.hadoop." + Keys.PLAN, configured.text());
            settings.set("spark.hadoop." + Keys.planPart(2), PlanReader.END);
        }
    }

    /** Without a run id of the application every JVM and every worker would draw its own. */
    private static void nameTheRun(Configuration configuration, Settings settings, String run) {
        if (configuration.get(Keys.RUN) == null) {
            configuration.set(Keys.RUN, run);
            settings.set("spark.hadoop." + Keys.RUN, run);
        }
        if (settings.get("spark.executorEnv." + Keys.RUN_ENVIRONMENT) == null) {
            settings.set("spark.executorEnv." + Keys.RUN_ENVIRONMENT, run);
        }
    }

    private static void fetch(Plan plan) {
        Set<String> bound = new HashSet<>();
        for (Plan.Binding binding : plan.bindings()) {
            if (binding.role() != null) {
                bound.add(binding.role());
            }
        }
        for (String role : bound) {
            try {
                JvmSessions.offer(plan, role);
            } catch (FailureException told) {
                // Readers are told the same.
            }
        }
    }

    @Override
    public Object receive(Object message) {
        Responder now = responder;
        return now == null ? Messages.packed(Messages.refused(Messages.Refusal.CHANNEL, "the driver's plugin has not started or is shut down"))
            : now.respond(message);
    }

    @Override
    public void shutdown() {
        // The sessions serve on: an event log on a declared bucket is closed after plugins are.
        Responder last = responder;
        responder = null;
        PluginState.put(null);
        if (last != null) {
            last.end();
            JvmSessions.drain();
        }
        PythonSide open = python;
        if (open != null) {
            open.close();
        }
    }
}

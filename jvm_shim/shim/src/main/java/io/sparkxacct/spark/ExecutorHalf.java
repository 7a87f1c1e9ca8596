package io.sparkxacct.spark;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.python.PythonSide;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.session.RoleSessions;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugin in an executor: puts the application's plan in force and takes role sessions from the driver.
 *
 * <p>Init throws nothing, because Spark replaces an executor whose plugin throws, again and again; and asks nobody, so it is short.
 */
final class ExecutorHalf implements ExecutorPlugin {
    private static final Logger LOG = LoggerFactory.getLogger(ExecutorHalf.class);
    private static final String PREFIX = "spark.hadoop.";
    /** Spark names the driver so where executor and driver are one JVM. */
    private static final String DRIVER = "driver";
    private static final String EXECUTOR_ID = "spark.executor.id";

    private volatile DriverLine line;
    private volatile PythonSide python;

    @Override
    public void init(PluginContext plugin, Map<String, String> told) {
        try {
            if (!DRIVER.equals(plugin.executorID())) {
                start(plugin::ask, told, Settings.of(plugin.conf()));
                PluginMetrics.register(plugin::metricRegistry);
            }
        } catch (Throwable broken) {
            LOG.error("spark-xacct: the plugin does not start in this executor, so it serves nothing: {}", broken.toString());
        }
    }

    /** Does nothing where there is no plan. Throws nothing. */
    void start(DriverLine.Wire driver, Map<String, String> told, Settings settings) {
        ConfiguredPlan configured = new ConfiguredPlan(name -> settings.get(PREFIX + name));
        if (!configured.isSet()) {
            return;
        }
        try {
            Handshake handshake = understood(told);
            if (handshake == null) {
                throw new IllegalStateException("the plugin has not started in the driver, whose log says why");
            }
            FrontClasses.placeBesideS3A();
            takeFromTheDriver(driver, handshake, settings);
            PluginState.put(PluginState.ofExecutor(settings.get(EXECUTOR_ID), handshake.channel()));
            JvmSessions.activate(configured.text(), settings.get(PREFIX + Keys.RUN), settings.get(PREFIX + Keys.USER), settings.under(PREFIX));
            python = PythonRoles.serve(ConfiguredPlan.inForce(), settings);
        } catch (Throwable broken) {
            LOG.error("spark-xacct: the plugin does not put the plan in force in this executor: {}", broken.toString());
            python = PythonRoles.refuse(configured, settings, broken);
        }
    }

    /** Null where the driver told nothing. */
    private static Handshake understood(Map<String, String> told) {
        try {
            return Handshake.read(told);
        } catch (IllegalArgumentException unknown) {
            LOG.warn("spark-xacct: the driver has a channel that this jar does not know, so this executor asks STS itself: {}", unknown.toString());
            return Handshake.drawn(Channel.Kind.NONE);
        }
    }

    private void takeFromTheDriver(DriverLine.Wire driver, Handshake handshake, Settings settings) {
        if (handshake.channel() == Channel.Kind.NONE || handshake.channel() == Channel.Kind.LOCAL) {
            return;
        }
        try {
            line = new DriverLine(driver, Clock.system());
            Function<Map<String, String>, Map<String, String>> way = channel(handshake, line);
            if (way != null) {
                CountedChannel channel = new CountedChannel(way, settings.get(EXECUTOR_ID), Clock.system().millis(), JvmSessions.counters());
                JvmSessions.takeFrom((taken, sts) -> new BrokerClient(taken, channel, sts, source -> new RoleSessions(taken, source),
                    Clock.system(), () -> ThreadLocalRandom.current().nextDouble(), text -> LOG.info("spark-xacct: {}", text)));
            }
        } catch (Throwable broken) {
            LOG.warn("spark-xacct: the channel to the driver does not open, so this executor asks STS itself: {}", broken.toString());
        }
    }

    /** Null where the key that the driver gave out has not come along. */
    private static Function<Map<String, String>, Map<String, String>> channel(Handshake handshake, DriverLine line) throws IOException {
        if (handshake.channel() != Channel.Kind.SEALED) {
            return line::ask;
        }
        byte[] key = SealKey.received();
        if (key == null) {
            LOG.warn("spark-xacct: the driver's key is not among the credentials of this executor, which asks STS itself");
            return null;
        }
        return new SealedLine(line::ask, new Seal(key, handshake.run(), Clock.system()));
    }

    @Override
    public void shutdown() {
        DriverLine open = line;
        if (open != null) {
            open.close();
        }
        PythonSide side = python;
        if (side != null) {
            side.closeWithTheJvm();
        }
    }
}

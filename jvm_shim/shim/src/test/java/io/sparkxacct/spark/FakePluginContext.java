package io.sparkxacct.spark;

import com.codahale.metrics.MetricRegistry;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.resource.ResourceInformation;

/** What Spark gives a plugin, and that fails whatever it is asked for but the executor. */
record FakePluginContext(String executorID) implements PluginContext {
    @Override
    public SparkConf conf() {
        throw new IllegalStateException("no settings");
    }

    @Override
    public Object ask(Object message) {
        throw new UnsupportedOperationException("nobody is asked");
    }

    @Override
    public void send(Object message) {
        throw new UnsupportedOperationException("nothing is sent without an answer");
    }

    @Override
    public String hostname() {
        throw new NullPointerException("as on executors of 3.5.9 and 4.3.0");
    }

    @Override
    public MetricRegistry metricRegistry() {
        throw new UnsupportedOperationException("nothing is measured");
    }

    @Override
    public Map<String, ResourceInformation> resources() {
        throw new UnsupportedOperationException("nothing is computed");
    }
}

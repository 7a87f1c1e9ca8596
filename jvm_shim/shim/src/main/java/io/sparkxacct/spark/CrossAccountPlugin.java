package io.sparkxacct.spark;

import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Spark's plugin: the driver obtains each hop once, and executors get role sessions from it. Named in settings: do not move or rename.
 *
 * <p>Set it with {@code spark.plugins.defaultList}, beside others; {@code spark.plugins} is the user's.
 */
public final class CrossAccountPlugin implements SparkPlugin {
    /** The class name as settings carry it. */
    public static final String NAME = "io.sparkxacct.spark.CrossAccountPlugin";

    @Override
    public DriverPlugin driverPlugin() {
        return new DriverHalf();
    }

    @Override
    public ExecutorPlugin executorPlugin() {
        return new ExecutorHalf();
    }
}

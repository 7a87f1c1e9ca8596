package io.sparkxacct.python;

/**
 * Which module Spark runs for Python workers, and which one it would run without us.
 *
 * <p>What was configured is kept in settings of our own: executors get the driver's settings with what the driver's half changed, and a
 * second SparkContext may be made from those of the first. Not thread-safe.
 */
final class DaemonSettings {
    static final String OURS = "spark_xacct.worker.daemon";

    private static final String DAEMON_MODULE = "spark.python.daemon.module";
    private static final String WORKER_MODULE = "spark.python.worker.module";
    private static final String USE_DAEMON = "spark.python.use.daemon";
    private static final String[] ALL = {DAEMON_MODULE, WORKER_MODULE, USE_DAEMON};
    private static final String[] DEFAULTS = {"pyspark.daemon", "pyspark.worker", "true"};
    private static final String SPARK = "spark.";
    private static final String CONFIGURED = "spark.xacct.python.configured.";

    private final LiveSettings settings;

    DaemonSettings(LiveSettings settings) {
        this.settings = settings;
    }

    /** The module that ours must run in turn; null for Spark's daemon, which it runs anyway. */
    String next() {
        String module = configured(module());
        if (OURS.equals(module)) {
            return null;
        }
        return module != null || usesDaemon() ? module : DEFAULTS[1];
    }

    /** Has Spark run our module. */
    void install() {
        change(module(), OURS);
    }

    /**
     * Has every Python task fail with a sentence.
     *
     * <p>Python's words for a module that is not there hold its name, and Spark shows what a daemon that does not start writes. Of a
     * worker without a daemon Spark shows nothing.
     */
    void refuse(String sentence) {
        change(USE_DAEMON, "true");
        change(DAEMON_MODULE, sentence);
    }

    /** Undoes what was changed, here or where these settings came from; comes before either of the others. */
    void restore() {
        for (int index = 0; index < ALL.length; index++) {
            if (settings.get(kept(ALL[index])) != null) {
                String before = configured(ALL[index]);
                settings.set(ALL[index], before == null ? DEFAULTS[index] : before);
            }
        }
    }

    private String module() {
        return usesDaemon() ? DAEMON_MODULE : WORKER_MODULE;
    }

    private boolean usesDaemon() {
        return !"false".equalsIgnoreCase(configured(USE_DAEMON));
    }

    private String configured(String name) {
        String before = settings.get(kept(name));
        String value = before == null ? settings.get(name) : before;
        return value == null || value.isEmpty() ? null : value;
    }

    private void change(String name, String value) {
        if (settings.get(kept(name)) == null) {
            String before = settings.get(name);
            settings.set(kept(name), before == null ? "" : before);
        }
        settings.set(name, value);
    }

    private static String kept(String name) {
        return CONFIGURED + name.substring(SPARK.length());
    }
}

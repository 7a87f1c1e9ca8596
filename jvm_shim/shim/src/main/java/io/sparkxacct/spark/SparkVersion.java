package io.sparkxacct.spark;

/** What the Spark that runs here can do. */
final class SparkVersion {
    private SparkVersion() {
    }

    /** TLS on RPC, which came with Spark 4.0. */
    static boolean knowsRpcTls() {
        try {
            Class.forName("org.apache.spark.network.ssl.SSLFactory", false, SparkVersion.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError older) {
            return false;
        }
    }
}

package io.sparkxacct.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Whether the driver may hand role sessions to executors: only over a channel that is authenticated <em>and</em> encrypted, or on purpose.
 *
 * <p>Pure. A setting counts as true when Spark's transport takes it for true, which is "true" in any case and without blanks.
 */
final class ChannelRule {
    static final String UNAUTHENTICATED = "spark.xacct.broker.unauthenticated";

    private static final String AUTHENTICATE = "spark.authenticate";
    private static final String NETWORK_CRYPTO = "spark.network.crypto.enabled";
    private static final String SASL_ENCRYPTION = "spark.authenticate.enableSaslEncryption";
    /** Not spark.ssl.enabled: all of spark.ssl.rpc inherits from spark.ssl but this switch; https://spark.apache.org/docs/latest/security.html */
    private static final String RPC_TLS = "spark.ssl.rpc.enabled";
    /** Mutual TLS; https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/interworker-encryption.html */
    private static final String INTERNODE_TLS = "spark.ssl.internode.enabled";

    /** Tokens without Kerberos, since Spark 4.3. */
    private static final String DIRECT_CREDENTIALS = "spark.security.directCredentialProviders.enabled";

    /** As Spark's own SparkMasterRegex. local-cluster has executors in JVMs of their own. */
    private static final Pattern LOCAL = Pattern.compile("local(\\[(\\d+|\\*)(\\s*,\\s*\\d+)?])?");

    private ChannelRule() {
    }

    /**
     * Whether the driver hands its user's Hadoop credentials, secret keys included, to whoever asks it for an executor's settings.
     *
     * <p>Spark does so where it manages delegation tokens and has none of its own to renew:
     * https://github.com/apache/spark/blob/branch-3.5/core/src/main/scala/org/apache/spark/scheduler/cluster/CoarseGrainedSchedulerBackend.scala
     */
    static boolean showsCredentials(Function<String, String> settings, boolean kerberos) {
        return (kerberos || isTrue(settings, DIRECT_CREDENTIALS)) && !isTrue(settings, AUTHENTICATE);
    }

    /**
     * @param settings of Spark, by name; null where unset
     * @param master of the SparkContext
     * @param keyTravels whether a key that the driver adds to its user's Hadoop credentials reaches executors, and nobody else. Asked on
     *     YARN only
     * @param knowsRpcTls whether this Spark can do TLS on RPC: it has the class org.apache.spark.network.ssl.SSLFactory. Older ones (3.5)
     *     ignore the setting
     */
    static Channel choose(Function<String, String> settings, String master, boolean keyTravels, boolean knowsRpcTls) {
        String where = master == null ? "" : master;
        if (LOCAL.matcher(where).matches()) {
            return Channel.of(Channel.Kind.LOCAL, "driver and executor are one JVM");
        }
        boolean authenticated = isTrue(settings, AUTHENTICATE);
        String encryption = encryption(settings, knowsRpcTls);
        if (authenticated && encryption != null) {
            return Channel.of(Channel.Kind.PROTECTED, AUTHENTICATE + " and " + encryption + " protect Spark's RPC");
        }
        if (isServerless(where) && isTrue(settings, INTERNODE_TLS)) {
            return Channel.of(Channel.Kind.PROTECTED, INTERNODE_TLS + " protects Spark's RPC");
        }
        if (isYarn(where) && keyTravels) {
            return Channel.of(Channel.Kind.SEALED, "messages are sealed with a key that YARN carries to the application's containers");
        }
        if (isTrue(settings, UNAUTHENTICATED)) {
            return Channel.of(Channel.Kind.UNPROTECTED_ON_PURPOSE,
                UNAUTHENTICATED + " is true: whoever reaches the driver's RPC port can take them, whoever sees the network can read them");
        }
        return Channel.none(problem(settings, authenticated, knowsRpcTls), remedy(where, authenticated, encryption != null));
    }

    private static String encryption(Function<String, String> settings, boolean knowsRpcTls) {
        if (knowsRpcTls && isTrue(settings, RPC_TLS)) {
            return RPC_TLS;
        }
        if (isTrue(settings, NETWORK_CRYPTO)) {
            return NETWORK_CRYPTO;
        }
        return isTrue(settings, SASL_ENCRYPTION) ? SASL_ENCRYPTION : null;
    }

    private static String problem(Function<String, String> settings, boolean authenticated, boolean knowsRpcTls) {
        String problem = authenticated ? "Spark's RPC is authenticated but not encrypted" : "Spark's RPC is not authenticated";
        if (!knowsRpcTls && isTrue(settings, RPC_TLS)) {
            problem += " (this Spark does not know " + RPC_TLS + ")";
        } else if (isTrue(settings, INTERNODE_TLS)) {
            problem += " (" + INTERNODE_TLS + " is for EMR Serverless)";
        }
        return problem;
    }

    private static String remedy(String master, boolean authenticated, boolean encrypted) {
        if (isServerless(master)) {
            return INTERNODE_TLS + "=true";
        }
        List<String> missing = new ArrayList<>();
        if (!authenticated) {
            missing.add(AUTHENTICATE + "=true");
        }
        if (!encrypted) {
            missing.add(NETWORK_CRYPTO + "=true");
        }
        if (isYarn(master) && !authenticated) {
            // The NodeManagers' shuffle service does not know the secret, unless yarn-site.xml says so, and then every executor dies at its start.
            missing.add("spark.shuffle.service.enabled=false");
            missing.add("spark.dynamicAllocation.shuffleTracking.enabled=true");
        }
        if (isStandalone(master) && !authenticated) {
            missing.add("one spark.authenticate.secret for master, workers and application");
        }
        int last = missing.size() - 1;
        return last == 0 ? missing.get(0) : String.join(", ", missing.subList(0, last)) + " and " + missing.get(last);
    }

    private static boolean isStandalone(String master) {
        return master.startsWith("spark://") || master.startsWith("local-cluster");
    }

    private static boolean isYarn(String master) {
        return "yarn".equals(master);
    }

    /** custom:emr-serverless, by what others have seen there; AWS does not document it. */
    private static boolean isServerless(String master) {
        return master.contains("emr-serverless");
    }

    private static boolean isTrue(Function<String, String> settings, String name) {
        return Boolean.parseBoolean(settings.apply(name));
    }
}

package io.sparkxacct.spark;

import io.sparkxacct.session.Clock;
import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.Map;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.internal.plugin.PluginMessage;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcEnv;
import org.apache.spark.scheduler.cluster.CoarseGrainedClusterMessages;
import scala.Option;
import scala.reflect.ClassTag$;

/**
 * A JVM that is no executor asks a driver for what only executors get.
 *
 * <p>Arguments: host, port, plan id, role. Prints a line for each question with what came back; what Spark itself answers as Base64 of its bytes.
 */
public final class Stranger {
    private final RpcEnv environment;
    private final RpcAddress driver;

    private Stranger(RpcEnv environment, RpcAddress driver) {
        this.environment = environment;
        this.driver = driver;
    }

    public static void main(String[] arguments) throws Exception {
        SparkConf conf = new SparkConf(false).set("spark.rpc.askTimeout", "30s").set("spark.rpc.lookupTimeout", "30s");
        SecurityManager security = new SecurityManager(conf, Option.<byte[]>empty(), SecurityManager.$lessinit$greater$default$3());
        RpcEnv environment = RpcEnv.create("stranger", "127.0.0.1", 0, conf, security, true);
        Stranger stranger = new Stranger(environment, new RpcAddress(arguments[0], Integer.parseInt(arguments[1])));
        Map<String, String> question = Messages.question(arguments[2], Collections.singleton(arguments[3]));
        Seal ownSeal = new Seal(Seal.newKey(), "stranger", Clock.system());
        System.out.println("plain: " + stranger.askThePlugin(question));
        System.out.println("own key: " + stranger.askThePlugin(ownSeal.sealAsk(question)));
        System.out.println("settings: " + stranger.askForExecutorsSettings());
        System.exit(0);
    }

    private String askThePlugin(Map<String, String> message) {
        RpcEndpointRef plugin = environment.setupEndpointRef(driver, "org.apache.spark.internal.plugin.PluginEndpoint");
        Object answer = plugin.askSync(new PluginMessage(CrossAccountPlugin.NAME, message), ClassTag$.MODULE$.<Object>apply(Object.class));
        return Arrays.toString((Object[]) answer);
    }

    /** What Spark tells each executor at its start, with the user's delegation tokens where it has some. */
    private String askForExecutorsSettings() throws Exception {
        RpcEndpointRef scheduler = environment.setupEndpointRef(driver, "CoarseGrainedScheduler");
        Object answer = scheduler.askSync(new CoarseGrainedClusterMessages.RetrieveSparkAppConfig(0), ClassTag$.MODULE$.<Object>apply(Object.class));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream stream = new ObjectOutputStream(bytes)) {
            stream.writeObject(answer);
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}

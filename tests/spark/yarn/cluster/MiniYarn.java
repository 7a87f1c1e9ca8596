import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * A real ResourceManager and a real NodeManager in one JVM, with the settings of the yarn-site.xml on the class path.
 *
 * <p>Argument: the folder for the configuration of clients, which knows the ports. Prints READY when containers can be started, and
 * lives as long as its standard input is open, so that it ends with whoever started it.
 */
public final class MiniYarn {
    private static final int CONNECT_MILLIS = 60_000;

    private MiniYarn() {
    }

    public static void main(String[] arguments) throws Exception {
        MiniYARNCluster cluster = new MiniYARNCluster("yarn", 1, 1, 1);
        cluster.init(new YarnConfiguration());
        cluster.start();
        if (!cluster.waitForNodeManagersToConnect(CONNECT_MILLIS)) {
            throw new IllegalStateException("the NodeManager did not connect within " + CONNECT_MILLIS + " ms");
        }
        Configuration client = new Configuration(false);
        for (Map.Entry<String, String> setting : cluster.getConfig()) {
            if (setting.getKey().startsWith("yarn.")) {
                client.set(setting.getKey(), setting.getValue());
            }
        }
        write(client, new File(arguments[0], "yarn-site.xml"));
        System.out.println("READY");
        System.out.flush();
        while (System.in.read() != -1) {
            continue;
        }
        // An orderly stop waits half a minute for applications that have ended.
        Runtime.getRuntime().halt(0);
    }

    private static void write(Configuration configuration, File file) throws IOException {
        try (OutputStream stream = new FileOutputStream(file)) {
            configuration.writeXml(stream);
        }
    }
}

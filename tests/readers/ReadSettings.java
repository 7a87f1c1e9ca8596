import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Reads files as their real readers do and prints what those understood: for each file a line with its path, then one
 * line of base64(name) and base64(value) for each setting. Arguments: pairs of properties, spark or hadoop, and a file.
 */
public final class ReadSettings {
    public static void main(String[] arguments) throws Exception {
        StringBuilder out = new StringBuilder();
        for (int index = 0; index < arguments.length; index += 2) {
            out.append("FILE ").append(arguments[index + 1]).append('\n');
            for (Map.Entry<String, String> entry : read(arguments[index], arguments[index + 1]).entrySet()) {
                out.append(encoded(entry.getKey())).append(' ').append(encoded(entry.getValue())).append('\n');
            }
        }
        System.out.print(out);
    }

    private static Map<String, String> read(String how, String file) throws Exception {
        Map<String, String> result = new TreeMap<>();
        if (how.equals("properties")) {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
                properties.load(reader);
            }
            properties.stringPropertyNames().forEach(name -> result.put(name, properties.getProperty(name)));
        } else if (how.equals("spark")) {
            // By reflection, so that this file compiles where there is no Spark.
            Object map = Class.forName("org.apache.spark.util.Utils").getMethod("getPropertiesFromFile", String.class)
                .invoke(null, file);
            Object iterator = Class.forName("scala.collection.Map").getMethod("iterator").invoke(map);
            Class<?> iteratorType = Class.forName("scala.collection.Iterator");
            while ((boolean) iteratorType.getMethod("hasNext").invoke(iterator)) {
                Object pair = iteratorType.getMethod("next").invoke(iterator);
                Class<?> pairType = Class.forName("scala.Tuple2");
                result.put((String) pairType.getMethod("_1").invoke(pair), (String) pairType.getMethod("_2").invoke(pair));
            }
        } else {
            Class<?> type = Class.forName("org.apache.hadoop.conf.Configuration");
            Object configuration = type.getConstructor(boolean.class).newInstance(false);
            Class<?> path = Class.forName("org.apache.hadoop.fs.Path");
            type.getMethod("addResource", path).invoke(configuration, path.getConstructor(String.class).newInstance(file));
            for (Object item : (Iterable<?>) configuration) {
                String name = (String) ((Map.Entry<?, ?>) item).getKey();
                // get, not the raw entry: variables are expanded as for a connector.
                result.put(name, (String) type.getMethod("get", String.class).invoke(configuration, name));
            }
        }
        return result;
    }

    private static String encoded(String text) {
        return "=" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}

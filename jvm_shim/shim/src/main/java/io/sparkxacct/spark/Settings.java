package io.sparkxacct.spark;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkConf;

/** Spark's settings, by name. */
interface Settings {
    /** Null for what is not set. */
    String get(String name);

    void set(String name, String value);

    /** What is set under a prefix, by the rest of its name. */
    Map<String, String> under(String prefix);

    static Settings of(SparkConf conf) {
        return new Settings() {
            @Override
            public String get(String name) {
                return conf.get(name, null);
            }

            @Override
            public void set(String name, String value) {
                conf.set(name, value);
            }

            @Override
            public Map<String, String> under(String prefix) {
                Map<String, String> found = new HashMap<>();
                // Scala's pairs, which are left to Spark: the text of one is "(name,value)".
                for (Object pair : conf.getAllWithPrefix(prefix)) {
                    String name = pair.toString().substring(1).split(",", 2)[0];
                    String value = conf.get(prefix + name, null);
                    if (value != null) {
                        found.put(name, value);
                    }
                }
                return found;
            }
        };
    }
}

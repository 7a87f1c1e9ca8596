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
                // The only list of names without a type of Scala's; a value is "(redacted)" there where it looks like a secret.
                for (String line : conf.toDebugString().split("\n")) {
                    String name = line.split("=", 2)[0];
                    String value = name.startsWith(prefix) ? conf.get(name, null) : null;
                    if (value != null) {
                        found.put(name.substring(prefix.length()), value);
                    }
                }
                return found;
            }
        };
    }
}

package io.sparkxacct.spark;

import java.util.HashMap;
import java.util.Map;

/** Settings in a map: a SparkConf needs more of Spark than there is here. */
record SetSettings(Map<String, String> values) implements Settings {
    SetSettings() {
        this(new HashMap<>());
    }

    @Override
    public String get(String name) {
        return values.get(name);
    }

    @Override
    public void set(String name, String value) {
        values.put(name, value);
    }

    @Override
    public Map<String, String> under(String prefix) {
        Map<String, String> found = new HashMap<>();
        values.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), value);
            }
        });
        return found;
    }
}

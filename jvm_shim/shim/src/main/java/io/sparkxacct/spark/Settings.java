package io.sparkxacct.spark;

import org.apache.spark.SparkConf;

/** Spark's settings, by name. */
interface Settings {
    /** Null for what is not set. */
    String get(String name);

    void set(String name, String value);

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
        };
    }
}

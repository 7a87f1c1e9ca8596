package io.sparkxacct.python;

import java.util.function.BiConsumer;
import java.util.function.Function;

/** Settings of Spark that it reads again for each Python worker, by name. */
public interface LiveSettings {
    /** Null for what is not set. */
    String get(String name);

    void set(String name, String value);

    static LiveSettings of(Function<String, String> get, BiConsumer<String, String> set) {
        return new LiveSettings() {
            @Override
            public String get(String name) {
                return get.apply(name);
            }

            @Override
            public void set(String name, String value) {
                set.accept(name, value);
            }
        };
    }
}

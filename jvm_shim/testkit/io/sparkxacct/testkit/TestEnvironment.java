package io.sparkxacct.testkit;

import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;

/** Changes the environment variables of this JVM until closed: the SDKs read them with System.getenv alone. Needs java.util opened. */
public final class TestEnvironment implements AutoCloseable {
    private final Map<String, String> before = new HashMap<>(System.getenv());
    private final Map<String, String> live = live();

    public TestEnvironment set(String name, String value) {
        live.put(name, value);
        return this;
    }

    public TestEnvironment unset(String name) {
        live.remove(name);
        return this;
    }

    @Override
    public void close() {
        live.clear();
        live.putAll(before);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> live() {
        try {
            Field backing = System.getenv().getClass().getDeclaredField("m");
            backing.setAccessible(true);
            return (Map<String, String>) backing.get(System.getenv());
        } catch (ReflectiveOperationException closed) {
            throw new IllegalStateException(closed);
        }
    }
}

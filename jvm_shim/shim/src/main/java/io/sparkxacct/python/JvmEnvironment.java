package io.sparkxacct.python;

import java.lang.reflect.Field;
import java.util.Map;
import java.util.Objects;

/**
 * This JVM's own environment, changed where no API can: in the map behind {@link System#getenv()}.
 *
 * <p>The change reaches the processes whose environment their starter looks at, as Spark does for every Python process, and neither the
 * others nor code in C. Code in this JVM sees it, the SDKs among it, so nothing that they read belongs in here.
 */
final class JvmEnvironment implements Variables {
    @Override
    public String get(String name) {
        return System.getenv(name);
    }

    @Override
    public void set(String name, String value) {
        if (Objects.equals(value, get(name))) {
            return;
        }
        Map<String, String> live = live();
        String before = get(name);
        put(live, name, value);
        if (!Objects.equals(value, new ProcessBuilder().environment().get(name))) {
            put(live, name, before);
            throw new IllegalStateException("a change of this JVM's environment does not reach the processes that it starts");
        }
    }

    private static void put(Map<String, String> live, String name, String value) {
        if (value == null) {
            live.remove(name);
        } else {
            live.put(name, value);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> live() {
        try {
            Field backing = System.getenv().getClass().getDeclaredField("m");
            backing.setAccessible(true);
            return (Map<String, String>) backing.get(System.getenv());
        } catch (ReflectiveOperationException | RuntimeException closed) {
            // InaccessibleObjectException, which Java 8 does not have, is among them.
            throw new IllegalStateException("the environment of this JVM cannot be changed (" + closed.getClass().getSimpleName()
                + "), so Python processes cannot be told of the endpoint; start the JVM with --add-opens=java.base/java.util=ALL-UNNAMED, as"
                + " Spark's own scripts do");
        }
    }
}

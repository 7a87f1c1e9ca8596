package io.sparkxacct.python;

import java.util.Map;
import java.util.TreeMap;

/** An environment in memory, which can refuse to take one name. */
final class SetVariables implements Variables {
    final Map<String, String> values = new TreeMap<>();
    String refused;

    SetVariables(Map<String, String> values) {
        this.values.putAll(values);
    }

    @Override
    public String get(String name) {
        return values.get(name);
    }

    @Override
    public void set(String name, String value) {
        if (name.equals(refused)) {
            throw new IllegalStateException(name + " cannot be changed");
        }
        if (value == null) {
            values.remove(name);
        } else {
            values.put(name, value);
        }
    }
}

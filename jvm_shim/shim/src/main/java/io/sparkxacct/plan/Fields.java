package io.sparkxacct.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** One object of a plan, read strictly: wrong types, missing fields and fields that we do not know are refused with their place. */
final class Fields {
    private final Map<String, Object> values;
    private final TreeSet<String> unread;
    private final String place;

    private Fields(Map<String, Object> values, String place) {
        this.values = values;
        this.unread = new TreeSet<>(values.keySet());
        this.place = place;
    }

    /** {@code path} is dotted; empty for the plan itself. */
    static Fields of(Object value, String path) {
        String place = path.isEmpty() ? "the top" : path;
        if (!(value instanceof Map)) {
            throw new PlanException("the plan has no object at " + place);
        }
        Map<String, Object> values = new LinkedHashMap<>();
        ((Map<?, ?>) value).forEach((name, field) -> values.put((String) name, field));
        return new Fields(values, place);
    }

    Object value(String name) {
        unread.remove(name);
        return values.get(name);
    }

    Object required(String name) {
        Object value = value(name);
        if (value == null) {
            throw new PlanException("the plan lacks field \"" + name + "\" at " + place);
        }
        return value;
    }

    String text(String name) {
        Object value = value(name);
        if (value != null && !(value instanceof String)) {
            throw wrongType(name, "a string");
        }
        return (String) value;
    }

    String requiredText(String name) {
        required(name);
        return text(name);
    }

    int requiredNumber(String name) {
        Object value = required(name);
        if (!(value instanceof Long) || (Long) value < 0 || (Long) value > Integer.MAX_VALUE) {
            throw wrongType(name, "a whole number");
        }
        return ((Long) value).intValue();
    }

    boolean flag(String name) {
        Object value = value(name);
        if (value != null && !(value instanceof Boolean)) {
            throw wrongType(name, "true or false");
        }
        return Boolean.TRUE.equals(value);
    }

    List<String> texts(String name) {
        Object value = value(name);
        List<String> texts = new ArrayList<>();
        if (value == null) {
            return texts;
        }
        if (!(value instanceof List)) {
            throw wrongType(name, "a list of strings");
        }
        for (Object item : (List<?>) value) {
            if (!(item instanceof String)) {
                throw wrongType(name, "a list of strings");
            }
            texts.add((String) item);
        }
        return texts;
    }

    /** An object of any field names; empty when absent. */
    Map<String, Object> object(String name) {
        Object value = value(name);
        return value == null ? new LinkedHashMap<>() : Fields.of(value, join(name)).values;
    }

    /** The path of a field of this object. */
    String join(String name) {
        return "the top".equals(place) ? name : place + "." + name;
    }

    /** Refuses what nobody has read: a newer plan may mean something by it that must not be lost. */
    void refuseTheRest() {
        if (!unread.isEmpty()) {
            throw new PlanException("the plan has field \"" + unread.first() + "\" at " + place + " that this jar " + JarVersion.current()
                + " does not know; it reads plan version " + PlanReader.VERSION + "; update the jar");
        }
    }

    private PlanException wrongType(String name, String wanted) {
        return new PlanException("the plan has no " + wanted.replaceFirst("^an? ", "") + " in field \"" + name + "\" at " + place);
    }
}

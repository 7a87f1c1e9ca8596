package io.sparkxacct.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Strict JSON, as much of it as a plan needs: objects, arrays, strings, whole numbers, booleans, null.
 *
 * <p>Our own, because no JSON library is on every class path that we run on under the same name and version.
 */
public final class Json {
    private static final int MAXIMUM_DEPTH = 32;

    private final String text;
    private int position;

    private Json(String text) {
        this.text = text;
    }

    /** Map, List, String, Long, Boolean or null. Raises PlanException with the position. */
    static Object parse(String text) {
        Json reader = new Json(text);
        Object value = reader.value(0);
        reader.skipSpace();
        if (reader.position != text.length()) {
            throw reader.wrong("the end");
        }
        return value;
    }

    /** The one spelling that plan ids are made of: sorted keys, no spaces, ASCII, and "$" escaped. */
    public static String canonical(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private Object value(int depth) {
        if (depth > MAXIMUM_DEPTH) {
            throw wrong("less nesting");
        }
        skipSpace();
        char next = peek();
        switch (next) {
            case '{':
                return object(depth);
            case '[':
                return array(depth);
            case '"':
                return string();
            case 't':
                return word("true", Boolean.TRUE);
            case 'f':
                return word("false", Boolean.FALSE);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> fields = new LinkedHashMap<>();
        position++;
        skipSpace();
        if (peek() == '}') {
            position++;
            return fields;
        }
        while (true) {
            skipSpace();
            if (peek() != '"') {
                throw wrong("a field name");
            }
            String name = string();
            expect(':');
            Object value = value(depth + 1);
            if (fields.containsKey(name)) {
                throw new PlanException("the plan is not valid JSON: field \"" + name + "\" stands twice in one object");
            }
            fields.put(name, value);
            skipSpace();
            if (peek() == '}') {
                position++;
                return fields;
            }
            expect(',');
        }
    }

    private List<Object> array(int depth) {
        List<Object> items = new ArrayList<>();
        position++;
        skipSpace();
        if (peek() == ']') {
            position++;
            return items;
        }
        while (true) {
            items.add(value(depth + 1));
            skipSpace();
            if (peek() == ']') {
                position++;
                return items;
            }
            expect(',');
        }
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        position++;
        while (true) {
            char next = peek();
            if (next < ' ') {
                throw wrong("a character of a string");
            }
            position++;
            if (next == '"') {
                return out.toString();
            }
            out.append(next == '\\' ? escaped() : next);
        }
    }

    private char escaped() {
        char kind = peek();
        int index = "\"\\/bfnrt".indexOf(kind);
        if (index >= 0) {
            position++;
            return "\"\\/\b\f\n\r\t".charAt(index);
        }
        if (kind != 'u') {
            throw wrong("an escape such as \\n or \\u0024");
        }
        position++;
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = hexadecimal(peek());
            if (digit < 0) {
                throw wrong("four hexadecimal digits");
            }
            code = code * 16 + digit;
            position++;
        }
        return (char) code;
    }

    private static int hexadecimal(char character) {
        return character < 128 ? Character.digit(character, 16) : -1;
    }

    private Long number() {
        int start = position;
        if (peek() == '-') {
            position++;
        }
        int digits = position;
        while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
            position++;
        }
        boolean leadingZero = position - digits > 1 && text.charAt(digits) == '0';
        boolean fraction = position < text.length() && ".eE".indexOf(text.charAt(position)) >= 0;
        if (position == digits || position - digits > 15 || leadingZero || fraction) {
            position = start;
            throw wrong("a value (numbers are whole)");
        }
        return Long.valueOf(text.substring(start, position));
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, position)) {
            throw wrong("a value");
        }
        position += word.length();
        return value;
    }

    private void expect(char wanted) {
        skipSpace();
        if (peek() != wanted) {
            throw wrong("\"" + wanted + "\"");
        }
        position++;
    }

    private char peek() {
        if (position >= text.length()) {
            throw new PlanException("the plan is not valid JSON: it ends after " + text.length() + " characters, in the middle of a value;"
                + " copy it again in full");
        }
        return text.charAt(position);
    }

    private void skipSpace() {
        while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
    }

    private PlanException wrong(String expected) {
        return new PlanException("the plan is not valid JSON: expected " + expected + " at character " + (position + 1));
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map) {
            TreeMap<String, Object> sorted = new TreeMap<>(Json::byCodePoint);
            ((Map<?, ?>) value).forEach((name, field) -> sorted.put((String) name, field));
            String separator = "{";
            for (Map.Entry<String, Object> field : sorted.entrySet()) {
                out.append(separator);
                writeString(field.getKey(), out);
                out.append(':');
                write(field.getValue(), out);
                separator = ",";
            }
            out.append(sorted.isEmpty() ? "{}" : "}");
        } else if (value instanceof List) {
            String separator = "";
            out.append('[');
            for (Object item : (List<?>) value) {
                out.append(separator);
                write(item, out);
                separator = ",";
            }
            out.append(']');
        } else if (value instanceof String) {
            writeString((String) value, out);
        } else {
            out.append(value);
        }
    }

    private static void writeString(String value, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char character = value.charAt(i);
            int shorthand = "\"\\\b\f\n\r\t".indexOf(character);
            if (shorthand >= 0) {
                out.append('\\').append("\"\\bfnrt".charAt(shorthand));
            } else if (character < ' ' || character > '~' || character == '$') {
                out.append(String.format("\\u%04x", (int) character));
            } else {
                out.append(character);
            }
        }
        out.append('"');
    }

    /** Python sorts by code point, String.compareTo by UTF-16 unit: they differ beyond U+FFFF. */
    private static int byCodePoint(String left, String right) {
        int[] first = left.codePoints().toArray();
        int[] second = right.codePoints().toArray();
        for (int i = 0; i < Math.min(first.length, second.length); i++) {
            if (first[i] != second[i]) {
                return Integer.compare(first[i], second[i]);
            }
        }
        return Integer.compare(first.length, second.length);
    }
}

package io.sparkxacct.python;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The head of one HTTP request. Strict, because only a credential client has business here. {@link #toString()} shows no header. */
final class Request {
    /** Nothing after a request is read, so one that is longer than this is none. */
    static final int MAXIMUM_BYTES = 4096;

    private final String method;
    private final String target;
    private final Map<String, String> headers;

    private Request(String method, String target, Map<String, String> headers) {
        this.method = method;
        this.target = target;
        this.headers = headers;
    }

    /** Where the blank line behind a head ends, or -1 while there is none. */
    static int end(byte[] bytes, int length) {
        for (int index = 3; index < length; index++) {
            if (bytes[index] == '\n' && bytes[index - 1] == '\r' && bytes[index - 2] == '\n' && bytes[index - 3] == '\r') {
                return index + 1;
            }
        }
        return -1;
    }

    /** Null for what is not the head of a request without a body. */
    static Request read(byte[] bytes, int end) {
        for (int index = 0; index < end; index++) {
            int character = bytes[index];
            if (character > '~' || character < ' ' && character != '\r' && character != '\n' && character != '\t') {
                return null;
            }
        }
        String[] lines = new String(bytes, 0, end, StandardCharsets.US_ASCII).split("\r\n", -1);
        String[] first = lines[0].split(" ", -1);
        if (first.length != 3 || first[0].isEmpty() || !first[1].startsWith("/") || !first[2].startsWith("HTTP/1.")) {
            return null;
        }
        Map<String, String> headers = new HashMap<>();
        // Two empty ones are what the blank line leaves.
        for (int number = 1; number < lines.length - 2; number++) {
            String line = lines[number];
            int colon = line.indexOf(':');
            if (colon < 1 || line.indexOf('\n') >= 0 || line.indexOf('\r') >= 0 || !line.substring(0, colon).matches("[!-~]+")
                || headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim()) != null) {
                return null;
            }
        }
        boolean body = headers.containsKey("transfer-encoding") || !"0".equals(headers.getOrDefault("content-length", "0"));
        return body ? null : new Request(first[0], first[1], headers);
    }

    String method() {
        return method;
    }

    String target() {
        return target;
    }

    /** Empty when it is not there. */
    String header(String lowerCaseName) {
        return headers.getOrDefault(lowerCaseName, "");
    }

    @Override
    public String toString() {
        return "Request(" + method + ")";
    }
}

package io.sparkxacct.python;

import java.nio.charset.StandardCharsets;

/** One HTTP answer. {@link #toString()} shows no body. */
final class Reply {
    static final Reply BAD_REQUEST = new Reply(400, "Bad Request", "");
    static final Reply UNAUTHORIZED = new Reply(401, "Unauthorized", "");
    static final Reply NOT_FOUND = new Reply(404, "Not Found", "");
    static final Reply METHOD_NOT_ALLOWED = new Reply(405, "Method Not Allowed", "");
    static final Reply TOO_LARGE = new Reply(431, "Request Header Fields Too Large", "");

    private final int status;
    private final String phrase;
    private final String body;

    private Reply(int status, String phrase, String body) {
        this.status = status;
        this.phrase = phrase;
        this.body = body;
    }

    static Reply of(String json) {
        return new Reply(200, "OK", json);
    }

    static Reply unavailable(String json) {
        return new Reply(503, "Service Unavailable", json);
    }

    int status() {
        return status;
    }

    String body() {
        return body;
    }

    byte[] bytes() {
        String allow = status == 405 ? "Allow: GET\r\n" : "";
        String type = body.isEmpty() ? "" : "Content-Type: application/json\r\n";
        // The body is canonical JSON, which is ASCII.
        return ("HTTP/1.1 " + status + " " + phrase + "\r\n" + allow + type + "Content-Length: " + body.length()
            + "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
        return "Reply(" + status + ")";
    }
}

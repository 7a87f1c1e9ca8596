package io.sparkxacct.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTest {
    @Test
    void readsMethodTargetAndHeadersWhateverTheirCase() {
        Request request = read("GET /a/b HTTP/1.1\r\nHOST: localhost\r\nauthorization:  token \r\nAccept: */*\r\n\r\n");

        assertEquals("GET", request.method());
        assertEquals("/a/b", request.target());
        assertEquals("localhost", request.header("host"));
        assertEquals("token", request.header("authorization"));
        assertEquals("", request.header("cookie"));
        assertEquals("Request(GET)", request.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "GET /a HTTP/1.0\r\n\r\n",
        "GET /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        "DELETE /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n",
    })
    void takesRequestsWithoutABody(String text) {
        assertNotNull(read(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "\r\n\r\n",
        "GET /a\r\n\r\n",
        "GET  /a HTTP/1.1\r\n\r\n",
        "GET /a HTTP/2.0\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET http://127.0.0.1/a HTTP/1.1\r\n\r\n",
        "CONNECT 127.0.0.1:80 HTTP/1.1\r\n\r\n",
        "GET /\u00e9 HTTP/1.1\r\n\r\n",
        "GET /\u0000 HTTP/1.1\r\n\r\n",
        "GET /a HTTP/1.1\r\nno colon\r\n\r\n",
        "GET /a HTTP/1.1\r\n: no name\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost : space\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\nAuthorization: b\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
        "GET /a HTTP/1.1\r\nContent-Length: 4\r\n\r\n",
        "GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    })
    void takesNothingElse(String text) {
        assertNull(read(text));
    }

    @Test
    void aHeadEndsBehindItsBlankLine() {
        assertEquals(18, Request.end(bytes("GET / HTTP/1.1\r\n\r\nmore"), 22));
        assertEquals(-1, Request.end(bytes("GET / HTTP/1.1\r\n\r\n"), 17));
        assertEquals(-1, Request.end(bytes("GET / HTTP/1.1\n\n"), 16));
    }

    private static Request read(String text) {
        byte[] bytes = bytes(text);
        return Request.read(bytes, bytes.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}

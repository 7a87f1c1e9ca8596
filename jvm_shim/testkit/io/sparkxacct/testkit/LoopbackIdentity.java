package io.sparkxacct.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What a host says about its own identity: instance metadata (key ASIAINSTANCE) and /container (key ASIACONTAINER, token required). */
public final class LoopbackIdentity implements AutoCloseable {
    public static final String INSTANCE_KEY = "ASIAINSTANCE";
    public static final String CONTAINER_KEY = "ASIACONTAINER";
    public static final String CONTAINER_TOKEN = "container-token";

    private final HttpServer server;
    private volatile int status = 200;

    private LoopbackIdentity(HttpServer server) {
        this.server = server;
    }

    public static LoopbackIdentity start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            LoopbackIdentity identity = new LoopbackIdentity(server);
            server.createContext("/", identity::handle);
            server.start();
            return identity;
        } catch (IOException failed) {
            throw new IllegalStateException(failed);
        }
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Answers everything with an HTTP error from now on, or as it should with 200. */
    public void failing(int httpStatus) {
        status = httpStatus;
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        if (status != 200) {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
            return;
        }
        String path = exchange.getRequestURI().getPath();
        String answer;
        if (path.equals("/container")) {
            answer = CONTAINER_TOKEN.equals(exchange.getRequestHeaders().getFirst("Authorization")) ? credentials(CONTAINER_KEY) : null;
        } else if (path.equals("/latest/api/token")) {
            exchange.getResponseHeaders().set("X-aws-ec2-metadata-token-ttl-seconds", "21600");
            answer = "metadata-token";
        } else if (path.endsWith("/security-credentials/")) {
            answer = "node-role";
        } else {
            answer = path.endsWith("/security-credentials/node-role") ? credentials(INSTANCE_KEY) : null;
        }
        byte[] body = answer == null ? new byte[0] : answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String credentials(String key) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        return """
            {"Code":"Success","LastUpdated":"%s","Type":"AWS-HMAC","AccessKeyId":"%s","SecretAccessKey":"s","Token":"t","Expiration":"%s"}"""
            .formatted(now, key, now.plusSeconds(6 * 3600));
    }
}

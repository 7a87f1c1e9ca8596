package io.sparkxacct.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** An S3 on 127.0.0.1 in which every object exists for everyone but refused keys; keeps who signed each request. */
public final class LoopbackS3 implements AutoCloseable {
    /** One request: method, path, the access key id that signed it (null for unsigned) and the session token that came with it, or null. */
    public record Request(String method, String path, String signer, String token) {
    }

    private final HttpServer server;
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    private LoopbackS3(HttpServer server) {
        this.server = server;
    }

    public static LoopbackS3 start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            LoopbackS3 s3 = new LoopbackS3(server);
            server.createContext("/", s3::handle);
            server.setExecutor(Executors.newCachedThreadPool(work -> {
                Thread thread = new Thread(work, "loopback-s3");
                thread.setDaemon(true);
                return thread;
            }));
            server.start();
            return s3;
        } catch (IOException failed) {
            throw new IllegalStateException(failed);
        }
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public List<Request> requests() {
        return requests;
    }

    /** The distinct access key ids that signed requests, in order of first use. */
    public List<String> signers() {
        return requests.stream().map(request -> String.valueOf(request.signer())).distinct().toList();
    }

    /** The distinct session tokens that came with requests, in order of first use. */
    public List<String> tokens() {
        return requests.stream().map(request -> String.valueOf(request.token())).distinct().toList();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String signer = AccessKeys.of(exchange.getRequestHeaders().getFirst("Authorization"));
        requests.add(new Request(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), signer,
            exchange.getRequestHeaders().getFirst("x-amz-security-token")));
        exchange.getRequestBody().readAllBytes();
        boolean refused = signer == null || signer.startsWith("XACCT-REFUSED");
        byte[] body = refused
            ? "<Error><Code>InvalidAccessKeyId</Code><Message>no such key</Message></Error>".getBytes(StandardCharsets.UTF_8)
            : "data".getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", refused ? "application/xml" : "binary/octet-stream");
        exchange.getResponseHeaders().set("ETag", "\"8d777f385d3dfec8815d20f7496026dc\"");
        exchange.getResponseHeaders().set("Last-Modified", "Sun, 22 Nov 2026 00:00:00 GMT");
        exchange.getResponseHeaders().set("x-amz-request-id", "0");
        boolean head = "HEAD".equals(exchange.getRequestMethod());
        if (head) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
        }
        exchange.sendResponseHeaders(refused ? 403 : 200, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }
}

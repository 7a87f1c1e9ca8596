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
import java.util.function.Function;

/** An S3 on 127.0.0.1 in which every object exists for everyone whom it is not told to refuse; keeps who signed each request. */
public final class LoopbackS3 implements AutoCloseable {
    /** One request: method, path, the access key id that signed it (null for unsigned) and the session token that came with it, or null. */
    public record Request(String method, String path, String signer, String token) {
    }

    /** An error answer; {@code code} stands in its body, which the answer to a HEAD does not have. */
    public record Refusal(int status, String code) {
    }

    private final HttpServer server;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile Function<Request, Refusal> refusals = request -> null;

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

    /** {@code rule} returns null for what is served. */
    public LoopbackS3 refusing(Function<Request, Refusal> rule) {
        refusals = rule;
        return this;
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
        Request request = new Request(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), signer,
            exchange.getRequestHeaders().getFirst("x-amz-security-token"));
        requests.add(request);
        exchange.getRequestBody().readAllBytes();
        Refusal refusal = signer == null || signer.startsWith("XACCT-REFUSED") ? new Refusal(403, "InvalidAccessKeyId") : refusals.apply(request);
        byte[] body = (refusal == null ? "data" : "<Error><Code>" + refusal.code() + "</Code><Message>refused</Message></Error>")
            .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", refusal == null ? "binary/octet-stream" : "application/xml");
        exchange.getResponseHeaders().set("ETag", "\"8d777f385d3dfec8815d20f7496026dc\"");
        exchange.getResponseHeaders().set("Last-Modified", "Sun, 22 Nov 2026 00:00:00 GMT");
        exchange.getResponseHeaders().set("x-amz-request-id", "0");
        boolean head = "HEAD".equals(exchange.getRequestMethod());
        if (head) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
        }
        exchange.sendResponseHeaders(refusal == null ? 200 : refusal.status(), head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }
}

package io.sparkxacct.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * An STS on 127.0.0.1 that says yes to everything, keeps every request, and can be told to answer otherwise.
 *
 * <p>A role has one access key id until told otherwise, but each of its sessions has a token of its own, numbered from 1 over all roles.
 */
public final class LoopbackSts implements AutoCloseable {
    /** What it answers: an HTTP status and an XML body. */
    public record Reply(int status, String body) {
        public static Reply error(int status, String code, String message) {
            return new Reply(status, """
                <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code>\
                <Message>%s</Message></Error><RequestId>0</RequestId></ErrorResponse>""".formatted(code, message));
        }
    }

    /** One call: who signed it (access key id, null for unsigned) and its form. */
    public record Request(String signer, Map<String, String> form) {
        public String action() {
            return form.get("Action");
        }

        public String roleArn() {
            return form.get("RoleArn");
        }

        /** The last part of the role's ARN. */
        public String roleName() {
            return roleArn() == null ? null : roleArn().substring(roleArn().lastIndexOf('/') + 1);
        }
    }

    private final HttpServer server;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger issued = new AtomicInteger();
    private volatile Function<Request, Reply> override = request -> null;
    private volatile String callerArn = "arn:aws:iam::111122223333:user/base";
    private volatile Duration life = Duration.ofHours(1);
    private volatile boolean numbersKeys;

    private LoopbackSts(HttpServer server) {
        this.server = server;
    }

    public static LoopbackSts start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            LoopbackSts sts = new LoopbackSts(server);
            server.createContext("/", sts::handle);
            server.setExecutor(Executors.newCachedThreadPool(work -> {
                Thread thread = new Thread(work, "loopback-sts");
                thread.setDaemon(true);
                return thread;
            }));
            server.start();
            return sts;
        } catch (IOException failed) {
            throw new IllegalStateException(failed);
        }
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** {@code answer} returns null for the usual yes. */
    public LoopbackSts answering(Function<Request, Reply> answer) {
        override = answer;
        return this;
    }

    public LoopbackSts calling(String arn) {
        callerArn = arn;
        return this;
    }

    public LoopbackSts living(Duration duration) {
        life = duration;
        return this;
    }

    /** The session with token 7 has a key that ends in 7 as well. */
    public LoopbackSts numberingKeys() {
        numbersKeys = true;
        return this;
    }

    public List<Request> requests() {
        return requests;
    }

    /** The role names of AssumeRole calls, in order. */
    public List<String> assumed() {
        return requests.stream().filter(request -> "AssumeRole".equals(request.action())).map(Request::roleName).toList();
    }

    /** The access key id that it gives for a role: what a fake S3 sees. */
    public static String accessKeyOf(String roleName) {
        return "ASIA" + roleName.toUpperCase().replaceAll("[^A-Z0-9]", "");
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        Map<String, String> form = new TreeMap<>();
        try (InputStream body = exchange.getRequestBody()) {
            for (String pair : new String(body.readAllBytes(), StandardCharsets.UTF_8).split("&")) {
                String[] nameAndValue = pair.split("=", 2);
                form.put(decoded(nameAndValue[0]), nameAndValue.length > 1 ? decoded(nameAndValue[1]) : "");
            }
        }
        Request request = new Request(AccessKeys.of(exchange.getRequestHeaders().getFirst("Authorization")), form);
        requests.add(request);
        Reply told = override.apply(request);
        Reply reply = told != null ? told : usual(request);
        byte[] bytes = reply.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/xml");
        exchange.sendResponseHeaders(reply.status(), bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private Reply usual(Request request) {
        String action = request.action();
        String result = "GetCallerIdentity".equals(action)
            ? "<Arn>" + callerArn + "</Arn><UserId>U</UserId><Account>111122223333</Account>"
            : credentials(request.roleName());
        return new Reply(200, """
            <%1$sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%1$sResult>%2$s</%1$sResult>\
            <ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></%1$sResponse>""".formatted(action, result));
    }

    private String credentials(String role) {
        int number = issued.incrementAndGet();
        return """
            <Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>secret-of-%s</SecretAccessKey>\
            <SessionToken>token-of-%s-%d</SessionToken><Expiration>%s</Expiration></Credentials>"""
            .formatted(accessKeyOf(role) + (numbersKeys ? number : ""), role, role, number,
                Instant.now().plus(life).truncatedTo(ChronoUnit.MILLIS));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}

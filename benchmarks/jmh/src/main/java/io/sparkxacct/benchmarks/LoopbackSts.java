package io.sparkxacct.benchmarks;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** STS on the loopback: answers every AssumeRole, the first at once and all later ones after a delay. */
final class LoopbackSts implements AutoCloseable {
    private final HttpServer server;
    private final AtomicInteger calls = new AtomicInteger();
    private final Duration firstLife;
    private final Duration laterDelay;

    /** @param firstLife of the first session; all later ones live an hour */
    LoopbackSts(Duration firstLife, Duration laterDelay) throws IOException {
        this.firstLife = firstLife;
        this.laterDelay = laterDelay;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "loopback-sts");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] body = answer(calls.incrementAndGet()).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/xml");
            exchange.sendResponseHeaders(200, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    int calls() {
        return calls.get();
    }

    private String answer(int number) {
        Instant expiration = Instant.now().plus(number == 1 ? firstLife : Duration.ofHours(1)).truncatedTo(ChronoUnit.MILLIS);
        if (number > 1) {
            try {
                Thread.sleep(laterDelay.toMillis());
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
            }
        }
        return "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>"
            + "<AccessKeyId>ASIALOOPBACK" + number + "</AccessKeyId><SecretAccessKey>not-a-secret</SecretAccessKey>"
            + "<SessionToken>not-a-token-" + number + "</SessionToken><Expiration>" + expiration + "</Expiration></Credentials>"
            + "<AssumedRoleUser><Arn>arn:aws:sts::444455556666:assumed-role/reader/bench</Arn><AssumedRoleId>AROA:bench</AssumedRoleId>"
            + "</AssumedRoleUser></AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>";
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

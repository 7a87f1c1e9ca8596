package io.sparkxacct.python;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.session.Clock;
import io.sparkxacct.session.Offer;
import io.sparkxacct.session.RoleSession;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CredentialsEndpointTest {
    private static final String GOOD = "GET /path/partner HTTP/1.1\r\nHost: localhost\r\nAuthorization: token\r\n\r\n";

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicReference<Thread> answering = new AtomicReference<>();
    private volatile CountDownLatch fetched = new CountDownLatch(0);
    private final CredentialsEndpoint endpoint = open();

    @AfterEach
    void close() {
        fetched.countDown();
        endpoint.close();
    }

    @Test
    void answersOneRequestAConnection() throws IOException {
        String answer = exchange(GOOD);

        assertTrue(answer.startsWith("HTTP/1.1 200 OK\r\n"), answer);
        assertTrue(answer.endsWith("\"SecretAccessKey\":\"secret\",\"Token\":\"session\"}"), answer);
        assertEquals(1, exchange(GOOD + GOOD).split("HTTP/1.1 ", -1).length - 1);
    }

    @Test
    void aRequestMayComeInPieces() throws Exception {
        try (Socket socket = connect()) {
            for (String piece : GOOD.split("(?<=o)")) {
                socket.getOutputStream().write(piece.getBytes(StandardCharsets.US_ASCII));
                Thread.sleep(5);
            }
            assertTrue(read(socket).startsWith("HTTP/1.1 200 OK\r\n"));
        }
    }

    @Test
    void whatIsNoRequestIsRefusedWithoutDetail() throws IOException {
        assertEquals("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
            exchange("hello\r\n\r\n"));
        assertEquals(0, asked.get());
    }

    @Test
    void moreThanFourKilobytesAreNotRead() throws IOException {
        String padding = "X: " + "x".repeat(4096 - GOOD.length() - 5) + "\r\n";
        String longest = GOOD.replace("Host", padding + "Host");

        assertEquals(4096, longest.length());
        assertTrue(exchange(longest).startsWith("HTTP/1.1 200 OK\r\n"));
        assertTrue(exchange(longest.replace("X: ", "X: x")).startsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
        assertTrue(exchange("GET /" + "x".repeat(20_000) + " HTTP/1.1\r\n\r\n").startsWith("HTTP/1.1 431 "));
        assertEquals(1, asked.get());
    }

    @Test
    void aRequestHasTwoSecondsHoweverItsBytesTrickle() throws Exception {
        long start = System.nanoTime();
        try (Socket socket = connect()) {
            assertThrows(SocketException.class, () -> {
                while (true) {
                    socket.getOutputStream().write('G');
                    Thread.sleep(50);
                }
            });
        }
        long took = NANOSECONDS.toMillis(System.nanoTime() - start);

        assertTrue(took >= 1900 && took < 10_000, took + " ms");
    }

    /** The shortest of five, because machines pause. */
    @Test
    void whoeverSaysNothingHasOneSecond() throws Exception {
        long shortest = Long.MAX_VALUE;
        for (int tries = 0; tries < 5 && shortest >= 1500; tries++) {
            long start = System.nanoTime();
            try (Socket socket = connect()) {
                assertEquals("", read(socket));
            }
            shortest = Math.min(shortest, NANOSECONDS.toMillis(System.nanoTime() - start));
        }

        assertTrue(shortest >= 900 && shortest < 1900, shortest + " ms");
    }

    @Test
    void whoeverBeganHasTwoSeconds() throws Exception {
        try (Socket socket = send(GOOD.substring(0, 1))) {
            Thread.sleep(1300);
            socket.getOutputStream().write(GOOD.substring(1).getBytes(StandardCharsets.US_ASCII));

            assertTrue(read(socket).startsWith("HTTP/1.1 200 OK\r\n"));
        }
    }

    @Test
    void sixtyFourAreAnsweredAtOnceAndTheNextWaits() throws Exception {
        List<Socket> open = new ArrayList<>();
        try {
            fetched = new CountDownLatch(1);
            for (int number = 0; number < CredentialsEndpoint.MAXIMUM_CONNECTIONS; number++) {
                open.add(send(GOOD));
            }
            waitUntilAsked(CredentialsEndpoint.MAXIMUM_CONNECTIONS);
            open.add(send(GOOD));
            Thread.sleep(300);

            assertEquals(CredentialsEndpoint.MAXIMUM_CONNECTIONS, asked.get());
            fetched.countDown();
            for (Socket socket : open) {
                assertTrue(read(socket).startsWith("HTTP/1.1 200 OK\r\n"));
            }
            assertEquals(CredentialsEndpoint.MAXIMUM_CONNECTIONS + 1, asked.get());
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    @Test
    void withoutAThreadToAcceptNobodyListens() throws IOException {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Answers answers = new Answers(List.of(), server.getLocalPort(), role -> null, Clock.system());

        assertThrows(OutOfMemoryError.class, () -> CredentialsEndpoint.on(server, answers, task -> new Thread(task) {
            @Override
            public void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        }));
        assertTrue(server.isClosed());
    }

    @Test
    void listensOnLoopbackOnly() throws IOException {
        int port = URI.create(endpoint.address()).getPort();
        for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            for (InetAddress address : Collections.list(network.getInetAddresses())) {
                if (!address.isLoopbackAddress()) {
                    try (Socket socket = new Socket()) {
                        assertThrows(IOException.class, () -> socket.connect(new InetSocketAddress(address, port), 500), address.toString());
                    }
                }
            }
        }
    }

    @Test
    void itsThreadsKeepNothingOfWhoeverStartedItAndNoJvmAlive() throws IOException {
        exchange(GOOD);

        assertTrue(answering.get().isDaemon());
        assertSame(CredentialsEndpoint.class.getClassLoader(), answering.get().getContextClassLoader());
    }

    @Test
    void afterItsEndNobodyListensButWhatIsUnderWayIsAnswered() throws Exception {
        fetched = new CountDownLatch(1);
        try (Socket waiting = send(GOOD)) {
            waitUntilAsked(1);
            endpoint.close();
            fetched.countDown();

            assertTrue(read(waiting).startsWith("HTTP/1.1 200 OK\r\n"));
        }
        // The kernel may take one more while the thread that accepts leaves its call; nobody answers that.
        assertThrows(ConnectException.class, () -> {
            for (int tries = 0; tries < 100; tries++) {
                assertEquals("", exchangeOrReset());
                Thread.sleep(20);
            }
        });
    }

    @Test
    void eachHasAPortOfItsOwn() throws IOException {
        try (CredentialsEndpoint other = CredentialsEndpoint.open(List.of(), role -> null, Clock.system())) {
            assertFalse(other.address().equals(endpoint.address()));
            assertEquals("CredentialsEndpoint(" + other.address() + ")", other.toString());
        }
    }

    private CredentialsEndpoint open() {
        Thread starter = Thread.currentThread();
        ClassLoader before = starter.getContextClassLoader();
        starter.setContextClassLoader(new ClassLoader(before) { });
        try {
            return CredentialsEndpoint.open(List.of(new ServedRole("partner", "arn", "/path/partner", "token")), this::offer, Clock.system());
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        } finally {
            starter.setContextClassLoader(before);
        }
    }

    private Offer offer(String role) {
        answering.set(Thread.currentThread());
        asked.incrementAndGet();
        try {
            fetched.await(10, SECONDS);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
        return new Offer(new RoleSession("ASIA", "secret", "session", Instant.now()), 3_600_000, 0);
    }

    private void waitUntilAsked(int times) throws InterruptedException {
        for (int tries = 0; asked.get() < times && tries < 2000; tries++) {
            Thread.sleep(5);
        }
        assertEquals(times, asked.get());
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", URI.create(endpoint.address()).getPort());
        socket.setSoTimeout(15_000);
        return socket;
    }

    private Socket send(String request) throws IOException {
        Socket socket = connect();
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private String exchange(String request) throws IOException {
        try (Socket socket = send(request)) {
            return read(socket);
        }
    }

    /** A client may see that its connection is taken away instead of its end. */
    private String exchangeOrReset() throws IOException {
        try {
            return exchange(GOOD);
        } catch (ConnectException nobodyListens) {
            throw nobodyListens;
        } catch (SocketException reset) {
            return "";
        }
    }

    private static String read(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
}

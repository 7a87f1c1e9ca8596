package io.sparkxacct.python;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.sparkxacct.session.Clock;
import io.sparkxacct.session.DaemonThreads;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the role sessions of this JVM to processes on this host that hold a role's token: HTTP on 127.0.0.1, one request a connection.
 *
 * <p>Our own server, because the JDK's waits 40 ms for each answer unless a system property is set before anybody's first use of it, and
 * its module is not in every run-time image.
 */
final class CredentialsEndpoint implements Closeable {
    static final int MAXIMUM_CONNECTIONS = 64;
    static final long READ_NANOS = SECONDS.toNanos(2);

    private static final Logger LOG = LoggerFactory.getLogger(CredentialsEndpoint.class);
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int BACKLOG = 128;

    private final ServerSocket server;
    private final Answers answers;
    private final ThreadPoolExecutor connections;

    private CredentialsEndpoint(ServerSocket server, Answers answers) {
        this.server = server;
        this.answers = answers;
        this.connections = new ThreadPoolExecutor(
            0, MAXIMUM_CONNECTIONS, 10, SECONDS, new SynchronousQueue<>(), new DaemonThreads("xacct-endpoint"));
    }

    /** Throws IOException when this host lets nobody listen on loopback. */
    static CredentialsEndpoint open(List<ServedRole> roles, RoleOffers offers, Clock clock) throws IOException {
        ServerSocket server;
        try {
            server = new ServerSocket(0, BACKLOG, InetAddress.getByAddress(LOOPBACK));
        } catch (IOException refused) {
            throw new IOException("this JVM cannot listen on 127.0.0.1: " + refused.getMessage(), refused);
        }
        CredentialsEndpoint endpoint = new CredentialsEndpoint(server, new Answers(roles, server.getLocalPort(), offers, clock));
        new DaemonThreads("xacct-endpoint-accept").newThread(endpoint::accept).start();
        return endpoint;
    }

    String address() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    /** What is being answered is answered. */
    @Override
    public void close() {
        closeQuietly(server);
        connections.shutdown();
    }

    @Override
    public String toString() {
        return "CredentialsEndpoint(" + address() + ")";
    }

    private void accept() {
        while (!server.isClosed()) {
            Socket socket = null;
            try {
                Socket accepted = server.accept();
                socket = accepted;
                connections.execute(() -> serve(accepted));
            } catch (Throwable refused) {
                // One connection too many, no thread or no descriptor left, or closed: the client asks again.
                closeQuietly(socket);
                if (socket == null && !server.isClosed()) {
                    LOG.debug("the endpoint cannot accept", refused);
                    pause();
                }
            }
        }
    }

    private void serve(Socket socket) {
        try {
            socket.setTcpNoDelay(true);
            answer(socket);
        } catch (IOException gone) {
            LOG.debug("a client of the endpoint left before its answer: {}", gone.toString());
        } catch (Throwable unexpected) {
            LOG.debug("the endpoint could not answer", unexpected);
        } finally {
            closeQuietly(socket);
        }
    }

    private void answer(Socket socket) throws IOException {
        long deadline = System.nanoTime() + READ_NANOS;
        InputStream in = socket.getInputStream();
        byte[] head = new byte[Request.MAXIMUM_BYTES];
        int length = 0;
        int end = -1;
        while (end < 0 && length < head.length) {
            int count = read(socket, in, head, length, deadline);
            if (count < 0) {
                return;
            }
            length += count;
            end = Request.end(head, length);
        }
        Reply reply = end < 0 ? Reply.TOO_LARGE : answers.to(Request.read(head, end));
        socket.getOutputStream().write(reply.bytes());
    }

    /** -1 at the end of the stream. Throws SocketTimeoutException when the time of the whole request is over. */
    private static int read(Socket socket, InputStream in, byte[] bytes, int from, long deadline) throws IOException {
        long left = NANOSECONDS.toMillis(deadline - System.nanoTime());
        // A time-out of zero would wait for ever.
        if (left <= 0) {
            throw new SocketTimeoutException("the time of a request is over");
        }
        socket.setSoTimeout((int) left);
        return in.read(bytes, from, bytes.length - from);
    }

    private static void pause() {
        try {
            MILLISECONDS.sleep(100);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private static void closeQuietly(Closeable open) {
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException gone) {
            // It is closed all the same.
        }
    }
}

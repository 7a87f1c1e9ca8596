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
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
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
    /** Whoever connects and says nothing keeps a place from others. */
    private static final long FIRST_BYTE_NANOS = SECONDS.toNanos(1);

    private static final Logger LOG = LoggerFactory.getLogger(CredentialsEndpoint.class);
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int BACKLOG = 128;

    private final ServerSocket server;
    private final Answers answers;
    private final ThreadPoolExecutor connections;
    private final Semaphore free = new Semaphore(MAXIMUM_CONNECTIONS);

    private CredentialsEndpoint(ServerSocket server, Answers answers) {
        this.server = server;
        this.answers = answers;
        // Not limited: the thread of a connection that has ended may not be idle yet.
        this.connections = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 10, SECONDS, new SynchronousQueue<>(), new DaemonThreads("xacct-endpoint"));
    }

    /** Throws IOException when this host lets nobody listen on loopback. */
    static CredentialsEndpoint open(List<ServedRole> roles, RoleOffers offers, Clock clock) throws IOException {
        ServerSocket server;
        try {
            server = new ServerSocket(0, BACKLOG, InetAddress.getByAddress(LOOPBACK));
        } catch (IOException refused) {
            throw new IOException("this JVM cannot listen on 127.0.0.1: " + refused.getMessage(), refused);
        }
        return on(server, new Answers(roles, server.getLocalPort(), offers, clock), new DaemonThreads("xacct-endpoint-accept"));
    }

    /** Closes {@code server} where there is no thread to accept. */
    static CredentialsEndpoint on(ServerSocket server, Answers answers, ThreadFactory acceptors) {
        try {
            CredentialsEndpoint endpoint = new CredentialsEndpoint(server, answers);
            acceptors.newThread(endpoint::accept).start();
            return endpoint;
        } catch (Throwable failed) {
            closeQuietly(server);
            throw failed;
        }
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
            // One connection too many waits in the backlog, where it takes no thread.
            free.acquireUninterruptibly();
            Socket socket = null;
            try {
                Socket accepted = server.accept();
                socket = accepted;
                connections.execute(() -> serve(accepted));
            } catch (Throwable refused) {
                // No thread or no descriptor left, or closed: the client asks again.
                free.release();
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
            free.release();
        }
    }

    private void answer(Socket socket) throws IOException {
        long start = System.nanoTime();
        InputStream in = socket.getInputStream();
        byte[] head = new byte[Request.MAXIMUM_BYTES];
        int length = 0;
        int end = -1;
        while (end < 0 && length < head.length) {
            int count = read(socket, in, head, length, start + (length == 0 ? FIRST_BYTE_NANOS : READ_NANOS));
            if (count < 0) {
                return;
            }
            length += count;
            end = Request.end(head, length);
        }
        Reply reply = end < 0 ? Reply.TOO_LARGE : answers.to(Request.read(head, end));
        socket.getOutputStream().write(reply.bytes());
    }

    /** -1 at the end of the stream. Throws SocketTimeoutException when the time for it is over. */
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

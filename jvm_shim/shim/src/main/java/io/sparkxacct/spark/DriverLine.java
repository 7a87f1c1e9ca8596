package io.sparkxacct.spark;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.sparkxacct.session.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/** Carries one message to the driver and its answer back, within 10 s; Spark's own limit is two minutes. Thread-safe. */
final class DriverLine implements AutoCloseable {
    static final long LIMIT = SECONDS.toNanos(10);

    /** What Spark gives a plugin to ask its driver with. */
    interface Wire {
        Object ask(Object message) throws Exception;
    }

    private final Wire wire;
    private final Clock clock;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread made = new Thread(task, "xacct-ask");
        made.setDaemon(true);
        return made;
    });

    DriverLine(Wire wire, Clock clock) {
        this.wire = wire;
        this.clock = clock;
    }

    /** Throws IllegalStateException, whose message goes on after "the driver did not answer: ". */
    Map<String, String> ask(Map<String, String> message) {
        CompletableFuture<Object> asked = new CompletableFuture<>();
        try {
            threads.execute(() -> carry(new HashMap<>(message), asked));
        } catch (RejectedExecutionException closed) {
            throw new IllegalStateException("this executor is shut down");
        }
        try {
            // Who comes too late is left to Spark's limit and not interrupted: Spark gives up its way to the driver for good when the first
            // use of it is.
            clock.await(asked, LIMIT);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted");
        }
        if (!asked.isDone()) {
            throw new IllegalStateException("nothing came within " + NANOSECONDS.toSeconds(LIMIT) + " s");
        }
        Map<String, String> answer;
        try {
            answer = Messages.unpacked(asked.join());
        } catch (CompletionException failed) {
            throw new IllegalStateException(words(failed.getCause()));
        }
        if (answer == null) {
            throw new IllegalStateException("its answer is not one of the plugin's");
        }
        return answer;
    }

    private void carry(Map<String, String> message, CompletableFuture<Object> asked) {
        try {
            asked.complete(wire.ask(message));
        } catch (Throwable failed) {
            // Scala throws what no signature names.
            asked.completeExceptionally(failed);
        }
    }

    /** Spark's exceptions often say nothing but that there was another. */
    private static String words(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root == thrown ? thrown.toString() : thrown + " (" + root + ")";
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}

package io.sparkxacct.spark;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Carries one message to the driver and its answer back, within 10 s; Spark's own limit is two minutes. */
final class DriverLine implements AutoCloseable {
    private static final long SECONDS = 10;

    /** What Spark gives a plugin to ask its driver with. */
    interface Wire {
        Object ask(Object message) throws Exception;
    }

    private final Wire wire;
    private final ExecutorService thread = Executors.newCachedThreadPool(task -> {
        Thread made = new Thread(task, "xacct-ask");
        made.setDaemon(true);
        return made;
    });

    DriverLine(Wire wire) {
        this.wire = wire;
    }

    /** Throws IllegalStateException, whose message goes on after "the driver did not answer: ". */
    Map<String, String> ask(Map<String, String> message) {
        Future<Object> asked;
        try {
            asked = thread.submit(() -> wire.ask(new HashMap<>(message)));
        } catch (RejectedExecutionException closed) {
            throw new IllegalStateException("this executor is shut down");
        }
        try {
            return strings(asked.get(SECONDS, TimeUnit.SECONDS));
        } catch (TimeoutException late) {
            asked.cancel(true);
            throw new IllegalStateException("nothing came within " + SECONDS + " s");
        } catch (ExecutionException failed) {
            throw new IllegalStateException(String.valueOf(failed.getCause()));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            asked.cancel(true);
            throw new IllegalStateException("interrupted");
        }
    }

    private static Map<String, String> strings(Object answer) {
        Map<String, String> read = Messages.strings(answer);
        if (read == null) {
            throw new IllegalStateException("its answer is none of the plugin's");
        }
        return read;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

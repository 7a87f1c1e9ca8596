package io.sparkxacct.session;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Clock and scheduler of virtual time, the same at every run of a seed.
 *
 * <p>Its threads may block, but only through this class, and exactly one of them runs at any moment. The test's own thread is
 * one of them: it advances time by waiting. What is due at the same moment runs in an order that the seed picks.
 */
public final class VirtualTime implements Clock, Scheduler, AutoCloseable {
    private record Event(long at, int tie, long number, Runnable action) {
        static final Comparator<Event> ORDER =
            Comparator.comparingLong(Event::at).thenComparingInt(Event::tie).thenComparingLong(Event::number);
    }

    /** One virtual thread; {@link #ended} completes when its body is done. */
    public final class Fiber {
        private final Semaphore go = new Semaphore(0);
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private long waitNumber;
        private boolean waiting;
        private boolean interrupted;

        boolean isDone() {
            return ended.isDone();
        }

        void interrupt() {
            interrupted = true;
            wake(this, waitNumber);
        }
    }

    private static final long NANOS_ORIGIN = Long.MAX_VALUE - Duration.ofMinutes(90).toNanos(); // System.nanoTime may overflow while we run
    private static final long MILLIS_ORIGIN = 1_800_000_000_000L; // 2027-01-15T08:00:00Z

    private final Random random;
    private final PriorityQueue<Event> events = new PriorityQueue<>(Event.ORDER);
    private final ExecutorService carriers = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "fiber");
        thread.setDaemon(true);
        return thread;
    });
    private final ThreadLocal<Fiber> current = new ThreadLocal<>();
    private final Semaphore back = new Semaphore(0);
    private final Queue<Runnable> queued = new ArrayDeque<>();
    private final int poolSize;
    private int poolBusy;
    private int scheduled;
    private int fibersAlive;
    private boolean closed;
    private long elapsed;
    private long skewMillis;
    private long suspendedMillis;
    private long eventNumber;

    public VirtualTime(long seed, int poolSize) {
        this.random = new Random(seed);
        this.poolSize = poolSize;
    }

    VirtualTime() {
        this(1, Integer.MAX_VALUE);
    }

    /** Since the start. */
    public Duration elapsed() {
        return Duration.ofNanos(elapsed);
    }

    @Override
    public long nanos() {
        return NANOS_ORIGIN + elapsed;
    }

    @Override
    public long millis() {
        return trueMillis() + skewMillis;
    }

    /** The wall clock of everybody else. */
    public long trueMillis() {
        return MILLIS_ORIGIN + suspendedMillis + elapsed / 1_000_000;
    }

    /** The machine sleeps: the day goes on, the monotonic clock and the timers stand still. */
    void suspend(Duration length) {
        suspendedMillis += length.toMillis();
    }

    void setClockAhead(Duration skew) {
        skewMillis = skew.toMillis();
    }

    /** Starts a thread, which first runs when the caller waits. */
    public Fiber spawn(Runnable body) {
        Fiber fiber = new Fiber();
        fibersAlive++;
        carriers.execute(() -> {
            fiber.go.acquireUninterruptibly();
            current.set(fiber);
            try {
                body.run();
            } finally {
                Thread.interrupted();
                current.remove();
                fibersAlive--;
                fiber.ended.complete(null);
                back.release();
            }
        });
        at(0, () -> resume(fiber));
        return fiber;
    }

    public void sleep(Duration time) {
        try {
            await(new CompletableFuture<>(), time.toNanos());
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("interrupted in a place that is never interrupted");
        }
    }

    @Override
    public void await(CompletableFuture<?> event, long nanos) throws InterruptedException {
        Fiber me = current.get();
        if (me == null) {
            pump(event, elapsed + nanos);
            return;
        }
        if (!me.interrupted && !event.isDone()) {
            long number = ++me.waitNumber;
            me.waiting = true;
            event.whenComplete((value, error) -> at(0, () -> wake(me, number)));
            at(nanos, () -> wake(me, number));
            back.release();
            me.go.acquireUninterruptibly();
        }
        if (me.interrupted) {
            me.interrupted = false;
            throw new InterruptedException();
        }
    }

    private void pump(CompletableFuture<?> event, long until) {
        while (!event.isDone() && !events.isEmpty() && events.peek().at <= until) {
            Event next = events.poll();
            elapsed = Math.max(elapsed, next.at);
            next.action.run();
        }
        if (!event.isDone()) {
            elapsed = Math.max(elapsed, until);
        }
    }

    private void wake(Fiber fiber, long number) {
        if (fiber.waiting && fiber.waitNumber == number) {
            if (current.get() == null) {
                fiber.waiting = false;
                resume(fiber);
            } else {
                at(0, () -> wake(fiber, number));
            }
        }
    }

    private void resume(Fiber fiber) {
        fiber.go.release();
        back.acquireUninterruptibly();
    }

    private void at(long delay, Runnable action) {
        events.add(new Event(elapsed + Math.max(0, delay), random.nextInt(), eventNumber++, action));
    }

    @Override
    public Runnable after(long nanos, Runnable task) {
        AtomicBoolean cancelled = new AtomicBoolean();
        scheduled++;
        at(nanos, () -> {
            if (!closed && !cancelled.get()) {
                scheduled--;
                task.run();
            }
        });
        return () -> {
            if (!cancelled.getAndSet(true)) {
                scheduled--;
            }
        };
    }

    /** Timer tasks that have neither run nor been cancelled. */
    int scheduled() {
        return scheduled;
    }

    @Override
    public void execute(Runnable task) {
        if (closed) {
            spawn(task);
        } else if (poolBusy < poolSize) {
            poolBusy++;
            spawn(() -> runAndContinue(task));
        } else {
            queued.add(task);
        }
    }

    private void runAndContinue(Runnable task) {
        for (Runnable next = task; next != null; next = queued.poll()) {
            next.run();
        }
        poolBusy--;
    }

    @Override
    public void close() {
        closed = true;
    }

    /** For role sessions that are drained before others: its end is not that of the rest. */
    public Scheduler another() {
        AtomicBoolean over = new AtomicBoolean();
        return new Scheduler() {
            @Override
            public Runnable after(long nanos, Runnable task) {
                return VirtualTime.this.after(nanos, () -> {
                    if (!over.get()) {
                        task.run();
                    }
                });
            }

            @Override
            public void execute(Runnable task) {
                VirtualTime.this.execute(task);
            }

            @Override
            public void close() {
                over.set(true);
            }
        };
    }

    /** Threads that have not ended, the test's own not counted. */
    int threadsAlive() {
        return fibersAlive;
    }

    /** Whether no call is under way or queued. */
    boolean isIdle() {
        return poolBusy == 0 && queued.isEmpty();
    }

    public void end() {
        carriers.shutdownNow();
    }
}

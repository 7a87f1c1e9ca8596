package io.sparkxacct.session;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * One timer thread and a pool that is empty while nothing is fetched.
 *
 * <p>All threads are daemons and keep nothing of the thread that caused them: no class loader, no user, no inheritable value.
 */
final class DaemonScheduler implements Scheduler {
    private static final long IDLE_SECONDS = 10;

    private final String name;
    private final ScheduledThreadPoolExecutor timer;
    private final ThreadPoolExecutor pool;

    /** @param threads the most calls that can be in flight at once: the number of roles, and one for the base identity */
    DaemonScheduler(String name, int threads) {
        this.name = name;
        timer = new ScheduledThreadPoolExecutor(1, new DaemonThreads(name + "-timer"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        int most = Math.max(1, threads);
        pool = new ThreadPoolExecutor(
            most, most, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new DaemonThreads(name + "-fetch"));
        pool.allowCoreThreadTimeOut(true);
    }

    @Override
    public Runnable after(long nanos, Runnable task) {
        try {
            ScheduledFuture<?> scheduled = timer.schedule(task, nanos, TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        } catch (RejectedExecutionException closed) {
            // Closed between the caller's look and now: nothing is scheduled any more.
            return () -> { };
        }
    }

    @Override
    public void execute(Runnable task) {
        try {
            pool.execute(task);
        } catch (RejectedExecutionException closed) {
            // Never on the reader's own thread: its interrupt would end the attempt that others wait for.
            once(name + "-last", task);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        pool.shutdown();
    }

    /** Runs a task on a thread of its own. */
    static void once(String name, Runnable task) {
        new DaemonThreads(name).newThread(task).start();
    }

    /** Runs a task after a delay, on one thread for all of them that is not there while there is none. */
    static void later(long nanos, Runnable task) {
        Later.TIMER.schedule(task, nanos, TimeUnit.NANOSECONDS);
    }

    /** Made when it is first needed. */
    private static final class Later {
        static final ScheduledThreadPoolExecutor TIMER = new ScheduledThreadPoolExecutor(1, new DaemonThreads("xacct-close"));

        static {
            TIMER.setKeepAliveTime(1, TimeUnit.SECONDS);
            TIMER.allowCoreThreadTimeOut(true);
        }
    }
}

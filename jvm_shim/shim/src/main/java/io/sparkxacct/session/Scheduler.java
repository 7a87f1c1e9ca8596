package io.sparkxacct.session;

/** Where work of role sessions runs: short tasks at a time, and calls that block. */
public interface Scheduler {

    /** Runs a task that does not block, after a delay. Does nothing once closed. */
    void after(long nanos, Runnable task);

    /** Runs a task that may block, on another thread; once closed, on the calling thread. */
    void execute(Runnable task);

    /** Forgets what is scheduled and lets the threads end when what runs now is done. */
    void close();
}

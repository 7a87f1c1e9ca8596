package io.sparkxacct.session;

/** Where work of role sessions runs: short tasks at a time, and calls that block. */
public interface Scheduler {

    /** Runs a task that does not block, after a delay. Does nothing once closed. The answer cancels it, at any time and without effect later. */
    Runnable after(long nanos, Runnable task);

    /** Runs a task that may block, on another thread; once closed, on a thread of its own that ends with it. */
    void execute(Runnable task);

    /** Forgets what is scheduled and lets the threads end when what runs now is done. */
    void close();
}

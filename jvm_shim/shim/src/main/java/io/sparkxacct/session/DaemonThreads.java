package io.sparkxacct.session;

import java.lang.reflect.Constructor;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes threads that pin neither a REPL's class loader nor the Subject (Hadoop's user) of the first reader. */
public final class DaemonThreads implements ThreadFactory {
    private static final Constructor<Thread> WITHOUT_INHERITANCE = withoutInheritance();

    private final String name;
    private final AtomicInteger count = new AtomicInteger();

    public DaemonThreads(String name) {
        this.name = name;
    }

    @Override
    public Thread newThread(Runnable task) {
        return AccessController.doPrivileged((PrivilegedAction<Thread>) () -> {
            Thread thread = create(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            thread.setContextClassLoader(DaemonThreads.class.getClassLoader());
            return thread;
        });
    }

    private static Thread create(Runnable task, String name) {
        if (WITHOUT_INHERITANCE != null) {
            try {
                return WITHOUT_INHERITANCE.newInstance(topGroup(), task, name, 0L, false);
            } catch (ReflectiveOperationException unexpected) {
                // The plain constructor serves too; Spark's inheritable local properties are then copied.
            }
        }
        return new Thread(topGroup(), task, name);
    }

    /** A reader's own group may be destroyed before the thread is made. */
    private static ThreadGroup topGroup() {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group.getParent() != null) {
            group = group.getParent();
        }
        return group;
    }

    /** Public since Java 9, which is newer than our byte code. */
    private static Constructor<Thread> withoutInheritance() {
        try {
            return Thread.class.getConstructor(ThreadGroup.class, Runnable.class, String.class, long.class, boolean.class);
        } catch (NoSuchMethodException java8) {
            return null;
        }
    }
}

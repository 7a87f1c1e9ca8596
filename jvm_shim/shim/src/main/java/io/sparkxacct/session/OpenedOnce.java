package io.sparkxacct.session;

import java.util.function.Consumer;
import java.util.function.Supplier;

/** Something that is made at its first use and, once closed, never again. Thread-safe; reading what is made takes no lock. */
public final class OpenedOnce<T> implements AutoCloseable {
    private final Supplier<T> maker;
    private final Consumer<T> closer;
    private volatile T made;
    private boolean closed;

    public OpenedOnce(Supplier<T> maker, Consumer<T> closer) {
        this.maker = maker;
        this.closer = closer;
    }

    /** Throws what the maker throws, and FailureException once closed. */
    public T get() {
        T found = made;
        return found != null ? found : make();
    }

    private synchronized T make() {
        if (closed) {
            throw new FailureException(Failure.plan("the plan that asks is no longer in force", null));
        }
        if (made == null) {
            made = maker.get();
        }
        return made;
    }

    @Override
    public synchronized void close() {
        closed = true;
        forget();
    }

    /** Closes what was made; the next use makes another. */
    public synchronized void forget() {
        T last = made;
        made = null;
        if (last != null) {
            closer.accept(last);
        }
    }
}

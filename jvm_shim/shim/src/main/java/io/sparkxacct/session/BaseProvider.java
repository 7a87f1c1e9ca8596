package io.sparkxacct.session;

/** A base identity's provider as it was made, and the credentials that it answered last. Thread-safe. */
public final class BaseProvider<T> {
    private final T provider;
    private final boolean made;
    private volatile RoleSession last;

    private BaseProvider(T provider, boolean made) {
        this.provider = provider;
        this.made = made;
    }

    /** One that was made for us alone. */
    public static <T> BaseProvider<T> made(T provider) {
        return new BaseProvider<>(provider, true);
    }

    /** One that others may use too. */
    static <T> BaseProvider<T> shared(T provider) {
        return new BaseProvider<>(provider, false);
    }

    public T get() {
        return provider;
    }

    /** What the provider answers now, as the same instance while the three values are the same. */
    public RoleSession answered(String accessKeyId, String secretAccessKey, String sessionToken) {
        RoleSession before = last;
        RoleSession now = new RoleSession(accessKeyId, secretAccessKey, sessionToken, null);
        if (now.hasTheKeysOf(before)) {
            return before;
        }
        last = now;
        return now;
    }

    /** Closes what was made for us and can be closed. */
    public void close() {
        if (made && provider instanceof AutoCloseable) {
            try {
                ((AutoCloseable) provider).close();
            } catch (Exception nobodyWaitsForIt) {
                // The provider is not asked again.
            }
        }
    }
}

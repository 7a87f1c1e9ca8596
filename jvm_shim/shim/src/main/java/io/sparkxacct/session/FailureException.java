package io.sparkxacct.session;

/**
 * A {@link Failure} on its way to a reader.
 *
 * <p>Never has a cause: S3A and Spark look into causes, and would retry a final answer or fail to load an SDK class.
 */
public final class FailureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    public FailureException(Failure failure) {
        super(failure.message(null));
        this.failure = failure;
    }

    /** {@code bucket} is what the reader asked for; null means the role was asked for by name. */
    public FailureException(Failure failure, String bucket) {
        super(failure.message(bucket));
        this.failure = failure;
    }

    public Failure failure() {
        return failure;
    }
}

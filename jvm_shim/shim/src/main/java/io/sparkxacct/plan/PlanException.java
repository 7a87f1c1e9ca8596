package io.sparkxacct.plan;

/** A plan that cannot be used; the message is a whole sentence that says what is wrong and what to do. */
public final class PlanException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public PlanException(String message) {
        super(message);
    }

    public PlanException(String message, Throwable cause) {
        super(message, cause);
    }
}

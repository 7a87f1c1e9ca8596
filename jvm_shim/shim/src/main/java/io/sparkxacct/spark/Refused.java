package io.sparkxacct.spark;

/**
 * A sealed message that is not opened. The reason is for the log of whoever opens; the peer is told nothing of it.
 *
 * <p>Checked, so that none leaves by oversight: an exception class that only a jar of the application has costs the peer its
 * connection. Without a stack trace, because anyone who reaches the driver's port can cause one.
 */
final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why, as a word for the log. */
    enum Reason {
        MALFORMED("malformed"),
        OVERSIZED("oversized"),
        CLOCK_OFF("clock off"),
        REPLAYED("replayed"),
        /** Another key, another run, another direction, another ask, or changed on its way: one and the same to AES-GCM. */
        WRONG_KEY("wrong key");

        private final String word;

        Reason(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    private final Reason reason;

    Refused(Reason reason) {
        super("refused: " + reason.word(), null, false, false);
        this.reason = reason;
    }

    Reason reason() {
        return reason;
    }
}

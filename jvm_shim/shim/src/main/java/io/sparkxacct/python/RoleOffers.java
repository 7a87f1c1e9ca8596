package io.sparkxacct.python;

import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.Offer;

/** Who is asked for role sessions. */
@FunctionalInterface
public interface RoleOffers {
    /**
     * How long an answer may take at most: botocore gives up after two seconds, and asks three times.
     */
    long PATIENCE_NANOS = 1_500_000_000;

    /** Throws FailureException when there is none within {@link #PATIENCE_NANOS}. */
    Offer of(String role) throws FailureException;
}

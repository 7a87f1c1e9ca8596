package io.sparkxacct.session;

import java.time.Instant;
import java.util.Objects;

/**
 * Temporary credentials with their expiry, as one STS answer gave them.
 *
 * <p>Immutable; the three values always belong together. {@link #toString()} shows no secret.
 */
public final class RoleSession {
    private final String accessKeyId;
    private final String secretAccessKey;
    private final String sessionToken;
    private final Instant expiration;
    private final Instant renewal;

    /**
     * @param sessionToken null for long-lived keys, which only a base identity can have
     * @param expiration null when the credentials do not expire or their owner does not say
     */
    public RoleSession(String accessKeyId, String secretAccessKey, String sessionToken, Instant expiration) {
        this(accessKeyId, secretAccessKey, sessionToken, expiration, null);
    }

    /** @param renewal when whoever handed the session on looks for the next one; null when it comes from its issuer */
    public RoleSession(String accessKeyId, String secretAccessKey, String sessionToken, Instant expiration, Instant renewal) {
        this.accessKeyId = Objects.requireNonNull(accessKeyId, "accessKeyId");
        this.secretAccessKey = Objects.requireNonNull(secretAccessKey, "secretAccessKey");
        this.sessionToken = sessionToken;
        this.expiration = expiration;
        this.renewal = renewal;
    }

    public String accessKeyId() {
        return accessKeyId;
    }

    public String secretAccessKey() {
        return secretAccessKey;
    }

    /** Null for long-lived keys of a base identity. */
    public String sessionToken() {
        return sessionToken;
    }

    /** STS's own time of expiry, by STS's clock; null when there is none. */
    public Instant expiration() {
        return expiration;
    }

    /** When its owner has the next one; null when this JVM is the owner. */
    Instant renewal() {
        return renewal;
    }

    /** Whether both are the same credentials; false for null. */
    boolean hasTheKeysOf(RoleSession other) {
        return other != null && accessKeyId.equals(other.accessKeyId) && secretAccessKey.equals(other.secretAccessKey)
            && Objects.equals(sessionToken, other.sessionToken);
    }

    @Override
    public String toString() {
        return "RoleSession(" + accessKeyId + ", expires " + (expiration == null ? "never" : expiration) + ")";
    }
}

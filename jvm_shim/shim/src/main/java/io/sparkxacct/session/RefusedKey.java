package io.sparkxacct.session;

import java.util.Objects;

/** The access key id of a session that was refused, and how sure it is that the session is dead. Immutable; a key id is no secret. */
public final class RefusedKey {
    private final String accessKeyId;
    private final boolean dead;

    private RefusedKey(String accessKeyId, boolean dead) {
        this.accessKeyId = Objects.requireNonNull(accessKeyId, "accessKeyId");
        this.dead = dead;
    }

    /** S3 or STS said that the session is over or unknown. */
    public static RefusedKey dead(String accessKeyId) {
        return new RefusedKey(accessKeyId, true);
    }

    /** A refusal that a dead session can meet too, such as AccessDenied. */
    public static RefusedKey doubted(String accessKeyId) {
        return new RefusedKey(accessKeyId, false);
    }

    public String accessKeyId() {
        return accessKeyId;
    }

    public boolean isDead() {
        return dead;
    }

    /** Whether it is the key of this session. */
    public boolean isOf(RoleSession session) {
        return accessKeyId.equals(session.accessKeyId());
    }

    @Override
    public String toString() {
        return accessKeyId + (dead ? " (dead)" : " (doubted)");
    }
}

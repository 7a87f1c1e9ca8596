package io.sparkxacct.plan;

/** The answer for one location, with its reason in words. Immutable. */
public final class Decision {
    /** Who serves a location. */
    public enum Kind {
        ROLE, BASE, PLATFORM, DENIED;

        /** The word that vectors and messages use. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private final Kind kind;
    private final String role;
    private final String binding;
    private final String reason;

    Decision(Kind kind, String role, String binding, String reason) {
        this.kind = kind;
        this.role = role;
        this.binding = binding;
        this.reason = reason;
    }

    public Kind kind() {
        return kind;
    }

    /** The role's name; null unless the kind is ROLE. */
    public String role() {
        return role;
    }

    /** The key of the plan that matched, "own: NAME" for the platform's own buckets, null when nothing matched. */
    public String binding() {
        return binding;
    }

    /** The same words as in Python. */
    public String reason() {
        return reason;
    }

    @Override
    public String toString() {
        return kind.word() + ": " + reason;
    }
}

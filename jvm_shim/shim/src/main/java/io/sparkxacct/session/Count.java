package io.sparkxacct.session;

/** What is counted in a JVM. The names are those of metrics, of the status and of what executors tell their driver. */
public enum Count {
    /** Attempts to get a role session from STS or from the driver; the base identity's own credentials are not among them. */
    FETCHES("fetches"),
    /** Fetches that were made while the session before still served. */
    REFRESHES("refreshes"),

    // Attempts that failed, those for the base identity among them; but the undeclared are reads. Named as Failure.Kind.
    DENIED("failures.denied"),
    THROTTLED("failures.throttled"),
    UNREACHABLE("failures.unreachable"),
    BASE_MISSING("failures.baseMissing"),
    UNDECLARED("failures.undeclared"),
    PLAN("failures.plan"),

    /** Calls of AssumeRole and GetCallerIdentity; an SDK that repeats a request within one makes it no two. */
    STS_CALLS("sts.calls"),
    /** What these took, all together. */
    STS_MILLIS("sts.millis"),
    /** Questions of executors: in the driver those that were answered, in an executor its own. */
    ASKS("asks"),
    /** Role sessions that were handed on to other processes. */
    SERVED("sessions.served");

    private final String word;

    Count(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    static Count of(Failure.Kind kind) {
        return valueOf(kind.name());
    }
}

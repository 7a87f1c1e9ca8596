package io.sparkxacct.session;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;

/**
 * Why there is no role session: what happened, at which hop, and who must change what.
 *
 * <p>Immutable and text only. Made by {@link Hop} for one hop of a chain, or by {@link #undeclared} and {@link #plan}.
 */
public final class Failure {
    /** What went wrong; only {@link #THROTTLED} and {@link #UNREACHABLE} pass by themselves. */
    public enum Kind {
        DENIED,
        THROTTLED,
        UNREACHABLE,
        BASE_MISSING,
        UNDECLARED,
        PLAN
    }

    private static final DateTimeFormatter TIME_OF_DAY = DateTimeFormatter.ofPattern("HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

    private final Kind kind;
    private final String role;
    private final Hop hop;
    private final String code;
    private final String problem;
    private final String advice;
    private final String stsMessage;
    private final int attempts;
    private final Instant retryAfter;

    private Failure(
        Kind kind, String role, Hop hop, String code, String problem, String advice, String stsMessage, int attempts, Instant retryAfter) {
        this.kind = Objects.requireNonNull(kind, "kind");
        this.role = role;
        this.hop = hop;
        this.code = code;
        this.problem = Objects.requireNonNull(problem, "problem");
        this.advice = advice;
        this.stsMessage = stsMessage;
        this.attempts = attempts;
        this.retryAfter = retryAfter;
    }

    static Failure atHop(Kind kind, Hop hop, String code, String problem, String advice, String stsMessage) {
        return new Failure(kind, hop.role(), hop, code, problem, advice, stsMessage, 0, null);
    }

    /** As another JVM tells it; see FailureFields. */
    static Failure read(
        Kind kind, String role, Hop hop, String code, String problem, String advice, String stsMessage, int attempts, Instant retryAfter) {
        return new Failure(kind, role, hop, code, problem, advice, stsMessage, attempts, retryAfter);
    }

    /** No answer of whoever was asked for a role, or one that tells nothing of it. */
    public static Failure unanswered(String role, String problem) {
        return new Failure(Kind.UNREACHABLE, role, null, null, problem, null, null, 0, null);
    }

    /** A location that no binding covers; {@code reason} is the decision's own. */
    public static Failure undeclared(String reason, String planId) {
        String advice = "add it to buckets: or own: in the declaration (plan " + planId + ")";
        return new Failure(Kind.UNDECLARED, null, null, null, reason, advice, null, 0, null);
    }

    /** The base identity has no credentials or is another one than declared, where no hop is concerned. */
    public static Failure baseMissing(String problem, String advice) {
        return new Failure(Kind.BASE_MISSING, null, null, null, problem, advice, null, 0, null);
    }

    /** A plan or an installation that cannot work as it is; {@code advice} may be null. */
    public static Failure plan(String problem, String advice) {
        return new Failure(Kind.PLAN, null, null, null, problem, advice, null, 0, null);
    }

    /** An end of the wait or of the attempt that is no answer, where no hop is concerned. */
    static Failure unanswered(String problem) {
        return new Failure(Kind.UNREACHABLE, null, null, null, problem, null, null, 0, null);
    }

    /** What went wrong with the base identity; advice, code and the message of STS may be null. */
    static Failure ofBase(Kind kind, String problem, String advice, String code, String stsMessage) {
        return new Failure(kind, null, null, code, problem, advice, stsMessage, 0, null);
    }

    /**
     * The same failure as the reader of a role sees it, whose place is the last of its chain.
     *
     * <p>One of the base identity is told of the first hop that asks for it.
     */
    Failure readAs(Hop reader) {
        Hop seen = hop == null ? reader : hop.of(reader.hops());
        return new Failure(kind, reader.role(), seen, code, problem, advice, stsMessage, attempts, retryAfter);
    }

    /** Whether it passes by itself. */
    public boolean passes() {
        return kind == Kind.THROTTLED || kind == Kind.UNREACHABLE;
    }

    /** Whether STS calls the session dead that signed the call, though its time is not over. */
    boolean isOfADeadSigner() {
        return StsAnswers.isDeadSigner(code);
    }

    /** Whether STS calls the time of the request wrong. */
    boolean isOfTheClock() {
        return StsAnswers.isClock(code, stsMessage);
    }


    Failure after(int count) {
        return new Failure(kind, role, hop, code, problem, advice, stsMessage, count, retryAfter);
    }

    Failure retryAfter(Instant when) {
        return new Failure(kind, role, hop, code, problem, advice, stsMessage, attempts, when);
    }

    public Kind kind() {
        return kind;
    }

    /** The role that was read, which need not be the hop that failed; null when no role is concerned. */
    public String role() {
        return role;
    }

    /** The hop that failed, or null when no hop was reached. */
    public Hop hop() {
        return hop;
    }

    /** STS's error code, or null. */
    public String code() {
        return code;
    }

    /** What happened, without who must change what. */
    String problem() {
        return problem;
    }

    /** Attempts in a row that ended like this, where they are counted. */
    int attempts() {
        return attempts;
    }

    /** Who must change what, or null. */
    public String advice() {
        return advice;
    }

    /** STS's own words, or null. */
    public String stsMessage() {
        return stsMessage;
    }

    /** When the next attempt is allowed, by the wall clock; null when nothing holds it back. */
    public Instant retryAfter() {
        return retryAfter;
    }

    /** The first line that people see; {@code bucket} null means the role was asked for by name. */
    public String firstLine(String bucket) {
        StringBuilder line = new StringBuilder();
        if (bucket != null && !problem.startsWith("bucket " + bucket + " ")) {
            line.append("bucket ").append(bucket).append(": ");
        } else if (bucket == null && role != null) {
            line.append("role ").append(role).append(": ");
        }
        if (hop != null) {
            line.append(hop).append(kind == Kind.DENIED ? " " : ": ");
        }
        line.append(problem);
        if (kind == Kind.THROTTLED && attempts > 0) {
            line.append(" after ").append(attempts).append(attempts == 1 ? " attempt" : " attempts");
        }
        if (advice != null) {
            line.append("; ").append(advice);
        }
        if (retryAfter != null) {
            line.append("; retry after ").append(TIME_OF_DAY.format(retryAfter));
        }
        return line.toString();
    }

    /** The first line and, when there is one, the message of STS as the second. */
    public String message(String bucket) {
        return stsMessage == null || stsMessage.isEmpty() ? firstLine(bucket) : firstLine(bucket) + "\n" + stsMessage;
    }

    @Override
    public String toString() {
        return kind + ": " + firstLine(null);
    }
}

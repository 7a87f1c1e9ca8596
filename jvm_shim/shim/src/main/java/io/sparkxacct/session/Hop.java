package io.sparkxacct.session;

import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One step of a role chain as messages name it, and the maker of its failures.
 *
 * <p>Both SDK lines make their failures here, so that the same answer of STS reads the same.
 */
public final class Hop {
    private static final String ASSUME_ROLE = "sts:AssumeRole";
    private static final Pattern ACTION = Pattern.compile("not authorized to perform: (sts:[A-Za-z]+)");

    private final String role;
    private final int number;
    private final int hops;
    private final String arn;
    private final boolean hasExternalId;

    public Hop(String role, int number, int hops, String arn) {
        this(role, number, hops, arn, false);
    }

    /** @param hasExternalId whether the role is asked for with one, which may be the wrong one */
    public Hop(String role, int number, int hops, String arn, boolean hasExternalId) {
        this.role = Objects.requireNonNull(role, "role");
        this.number = number;
        this.hops = hops;
        this.arn = Objects.requireNonNull(arn, "arn");
        this.hasExternalId = hasExternalId;
    }

    Hop of(int length) {
        return new Hop(role, number, length, arn, hasExternalId);
    }

    public String role() {
        return role;
    }

    /** From 1. */
    public int number() {
        return number;
    }

    public int hops() {
        return hops;
    }

    public String arn() {
        return arn;
    }

    /**
     * An error answer of STS.
     *
     * @param caller ARN of the identity that signed the call, or null when it is not known
     * @param endpoint address of STS as messages should show it
     */
    public Failure answered(int httpStatus, String code, String message, String caller, String endpoint) {
        switch (StsAnswers.kind(httpStatus, code)) {
            case THROTTLED:
                return Failure.atHop(Failure.Kind.THROTTLED, this, code, StsAnswers.throttled(code), null, message);
            case UNREACHABLE:
                return Failure.atHop(Failure.Kind.UNREACHABLE, this, code, StsAnswers.down(endpoint, httpStatus, code), null, message);
            default:
                return Failure.atHop(
                    Failure.Kind.DENIED, this, code, StsAnswers.refused(code), advice(code, message, caller), message);
        }
    }

    /** No answer of STS at all; {@code cause} in a few words, without secrets. */
    public Failure unreachable(String endpoint, String cause) {
        return Failure.atHop(Failure.Kind.UNREACHABLE, this, null, StsAnswers.silent(endpoint, cause), null, null);
    }

    /** Something of this role cannot work as it is, such as a reference that does not resolve on this host. */
    public Failure plan(String problem, String advice) {
        return Failure.atHop(Failure.Kind.PLAN, this, null, problem, advice, null);
    }

    /** An end of the wait or of the attempt that is no answer of STS. */
    Failure unanswered(String problem) {
        return Failure.atHop(Failure.Kind.UNREACHABLE, this, null, problem, null, null);
    }

    private String advice(String code, String message, String caller) {
        if (StsAnswers.isDeadSigner(code)) {
            return "the credentials of " + named(caller) + " that signed the call are expired or revoked";
        }
        if (StsAnswers.isClock(code, message)) {
            return "set the clock of this host: STS refuses requests whose time is minutes off";
        }
        switch (String.valueOf(code)) {
            case "AccessDenied":
            case "AccessDeniedException":
                return trustAdvice(message, caller);
            case "ValidationError":
                return durationAdvice(message);
            case "RegionDisabledException":
                return "account " + account(arn) + " must activate STS in the Region of sts.region";
            case "PackedPolicyTooLarge":
                return "shorten session_policy or tags of role " + role;
            default:
                return null;
        }
    }

    private String trustAdvice(String message, String caller) {
        Matcher named = ACTION.matcher(message == null ? "" : message);
        String action = named.find() ? named.group(1) : ASSUME_ROLE;
        String permission = action.equals(ASSUME_ROLE) ? "assume it" : "call " + action + " on it";
        String callerAccount = caller == null ? "the account of the base identity" : "account " + account(caller);
        return "account " + account(arn) + " must let " + named(caller) + " " + permission + " (trust policy), or "
            + callerAccount + " must allow " + action + " on it"
            + (hasExternalId && action.equals(ASSUME_ROLE) ? "; STS gives the same answer to a wrong external id" : "");
    }

    private String durationAdvice(String message) {
        if (message == null || !message.contains("DurationSeconds exceeds")) {
            return null;
        }
        return message.contains("MaxSessionDuration")
            ? "shorten duration of role " + role + ", or account " + account(arn) + " must raise the role's MaxSessionDuration"
            : "shorten duration of role " + role;
    }

    private static String named(String caller) {
        return caller == null ? "the base identity" : caller;
    }

    private static String account(String someArn) {
        String[] parts = someArn.split(":");
        return parts.length > 4 ? parts[4] : "of " + someArn;
    }

    @Override
    public String toString() {
        return "hop " + number + " of " + hops + " (" + arn + ")";
    }
}

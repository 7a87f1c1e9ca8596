package io.sparkxacct.session;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One step of a role chain as messages name it, and the maker of its failures.
 *
 * <p>Both SDK lines make their failures here, so that the same answer of STS reads the same.
 */
public final class Hop {
    private static final Set<String> THROTTLING =
            new HashSet<>(
                    Arrays.asList(
                            "Throttling",
                            "ThrottlingException",
                            "ThrottledException",
                            "RequestThrottled",
                            "RequestThrottledException",
                            "RequestLimitExceeded",
                            "TooManyRequestsException",
                            "SlowDown"));
    private static final Pattern ACTION = Pattern.compile("not authorized to perform: (sts:[A-Za-z]+)");

    private final String role;
    private final int number;
    private final int hops;
    private final String arn;

    public Hop(String role, int number, int hops, String arn) {
        this.role = Objects.requireNonNull(role, "role");
        this.number = number;
        this.hops = hops;
        this.arn = Objects.requireNonNull(arn, "arn");
    }

    Hop of(int length) {
        return new Hop(role, number, length, arn);
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
        if (httpStatus == 429 || THROTTLING.contains(code)) {
            return Failure.atHop(Failure.Kind.THROTTLED, this, code, "STS throttled (" + code + ")", null, message);
        }
        // IDPCommunicationError is an HTTP 400, but means that STS could not reach the token's issuer just now.
        if (httpStatus >= 500 || "IDPCommunicationError".equals(code)) {
            String problem = "STS at " + endpoint + " answered " + httpStatus + " (" + code + ")";
            return Failure.atHop(Failure.Kind.UNREACHABLE, this, code, problem, null, message);
        }
        return Failure.atHop(
                Failure.Kind.DENIED, this, code, "refused by STS: " + code, advice(code, message, caller), message);
    }

    /** No answer of STS at all; {@code cause} in a few words, without secrets. */
    public Failure unreachable(String endpoint, String cause) {
        String problem = "STS at " + endpoint + " cannot be reached: " + cause;
        return Failure.atHop(Failure.Kind.UNREACHABLE, this, null, problem, null, null);
    }

    /** The base identity has no credentials, or is another one than the declaration says. */
    public Failure baseMissing(String problem, String advice) {
        return Failure.atHop(Failure.Kind.BASE_MISSING, this, null, problem, advice, null);
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
        if (code == null) {
            return null;
        }
        switch (code) {
            case "AccessDenied":
            case "AccessDeniedException":
                return trustAdvice(message, caller);
            case "ExpiredToken":
            case "ExpiredTokenException":
            case "InvalidClientTokenId":
            case "UnrecognizedClientException":
                return "the credentials of " + named(caller) + " that signed the call are expired or revoked";
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
        String action = named.find() ? named.group(1) : "sts:AssumeRole";
        String permission = action.equals("sts:AssumeRole") ? "assume it" : "call " + action + " on it";
        String callerAccount = caller == null ? "the account of the base identity" : "account " + account(caller);
        return "account " + account(arn) + " must let " + named(caller) + " " + permission + " (trust policy), or "
                + callerAccount + " must allow " + action + " on it";
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

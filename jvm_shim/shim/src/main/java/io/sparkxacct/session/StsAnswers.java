package io.sparkxacct.session;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** What the answers of STS mean, and how messages begin. */
final class StsAnswers {
    private static final Set<String> THROTTLING = new HashSet<>(Arrays.asList(
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"));
    private static final Set<String> DEAD_SIGNER = new HashSet<>(Arrays.asList(
        "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"));
    private static final Set<String> CLOCK = new HashSet<>(Arrays.asList(
        "RequestExpired", "RequestTimeTooSkewed", "InvalidSignatureException"));

    private StsAnswers() {
    }

    static Failure.Kind kind(int httpStatus, String code) {
        if (httpStatus == 429 || THROTTLING.contains(code)) {
            return Failure.Kind.THROTTLED;
        }
        // 407 and 408 come from a proxy. IDPCommunicationError is an HTTP 400, but means that STS could not reach the token's issuer just now.
        if (httpStatus >= 500 || httpStatus == 407 || httpStatus == 408 || "IDPCommunicationError".equals(code)) {
            return Failure.Kind.UNREACHABLE;
        }
        return Failure.Kind.DENIED;
    }

    static String throttled(String code) {
        return "STS throttled (" + code + ")";
    }

    static String down(String endpoint, int httpStatus, String code) {
        return "STS at " + endpoint + " answered " + httpStatus + " (" + code + ")";
    }

    static String silent(String endpoint, String cause) {
        return "STS at " + endpoint + " cannot be reached: " + cause;
    }

    static String refused(String code) {
        return "refused by STS: " + code;
    }

    static boolean isDeadSigner(String code) {
        return DEAD_SIGNER.contains(code);
    }

    /** Codes differ by API generation; the signature's own error says it in its message. */
    static boolean isClock(String code, String message) {
        return CLOCK.contains(code) || "SignatureDoesNotMatch".equals(code) && message != null
            && (message.startsWith("Signature expired") || message.startsWith("Signature not yet current"));
    }
}

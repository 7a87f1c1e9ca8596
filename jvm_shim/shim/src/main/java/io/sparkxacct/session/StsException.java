package io.sparkxacct.session;

/** STS refused, throttled or did not answer; SDK-free, so that nothing above an SDK line knows which SDK it was. */
public final class StsException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int httpStatus;
    private final String code;

    private StsException(int httpStatus, String code, String message) {
        super(message);
        this.httpStatus = httpStatus;
        this.code = code;
    }

    /** STS, or something on the way to it, answered with an error. */
    public static StsException answered(int httpStatus, String code, String message) {
        return new StsException(httpStatus, code == null ? "HTTP " + httpStatus : code, message);
    }

    /** No answer. The message becomes the innermost cause in a few words. */
    public static StsException unreachable(Throwable failure) {
        Throwable innermost = failure;
        while (innermost.getCause() != null && innermost.getCause() != innermost) {
            innermost = innermost.getCause();
        }
        String message = innermost.getMessage();
        String name = innermost.getClass().getSimpleName();
        return new StsException(0, null, message == null ? name : name + ": " + message);
    }

    Failure.Kind kind() {
        return httpStatus == 0 ? Failure.Kind.UNREACHABLE : StsAnswers.kind(httpStatus, code);
    }

    /** Null when there was no answer. */
    String code() {
        return code;
    }

    /** This error in words, as any call of STS begins them. */
    String problem(String endpoint) {
        if (httpStatus == 0) {
            return StsAnswers.silent(endpoint, getMessage());
        }
        switch (kind()) {
            case THROTTLED:
                return StsAnswers.throttled(code);
            case UNREACHABLE:
                return StsAnswers.down(endpoint, httpStatus, code);
            default:
                return StsAnswers.refused(code);
        }
    }

    /** What STS said itself; null when there was no answer. */
    String stsMessage() {
        return httpStatus == 0 ? null : getMessage();
    }

    /** This error as the failure of one hop. */
    Failure at(Hop hop, String caller, String endpoint) {
        return httpStatus == 0 ? hop.unreachable(endpoint, getMessage()) : hop.answered(httpStatus, code, getMessage(), caller, endpoint);
    }
}

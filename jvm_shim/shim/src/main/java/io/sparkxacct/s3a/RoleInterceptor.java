package io.sparkxacct.s3a;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * S3A on AWS SDK v2: tells what S3 refused, so that a session that is dead before its time is replaced.
 *
 * <p>Named in settings: do not move or rename. Only types of the JDK and the SDK, in one class, so that it can be defined in the class
 * loader of S3A when this jar is in another one. Thread-safe; throws nothing, changes nothing, and does nothing for what succeeds.
 */
public final class RoleInterceptor implements ExecutionInterceptor {
    /** Who hears of it; its questions are those of JvmSessions.providerSource(). Null until it is set or found. */
    public static volatile Function<Map<String, Object>, Map<String, String>> source;

    private static final Pattern SIGNER = Pattern.compile("Credential=([^/,\\s]+)/");

    @Override
    public void onExecutionFailure(Context.FailedExecution context, ExecutionAttributes attributes) {
        try {
            AwsServiceException refusal = refusal(context.exception());
            if (refusal == null) {
                return;
            }
            Map<String, Object> told = new HashMap<>();
            told.put("refusedBucket", context.request().getValueForField("Bucket", String.class).orElse(null));
            told.put("operation", attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME));
            told.put("status", refusal.statusCode());
            told.put("code", refusal.awsErrorDetails() == null ? null : refusal.awsErrorDetails().errorCode());
            told.put("accessKeyId", signer(context.httpRequest()));
            if (told.get("refusedBucket") != null) {
                source().apply(told);
            }
        } catch (Exception | LinkageError unheard) {
            // The request has failed already, and fails as it would without this class.
        }
    }

    /** Null for what cannot be a refusal of who asked: most failures are objects that do not exist. */
    private static AwsServiceException refusal(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AwsServiceException) {
                AwsServiceException answer = (AwsServiceException) cause;
                return answer.statusCode() == 403 || answer.statusCode() == 400 || answer.statusCode() == 401 ? answer : null;
            }
        }
        return null;
    }

    private static String signer(Optional<SdkHttpRequest> request) {
        Matcher credential = SIGNER.matcher(request.flatMap(signed -> signed.firstMatchingHeader("Authorization")).orElse(""));
        return credential.find() ? credential.group(1) : null;
    }

    @SuppressWarnings("unchecked")
    private static Function<Map<String, Object>, Map<String, String>> source() throws ReflectiveOperationException {
        Function<Map<String, Object>, Map<String, String>> found = source;
        if (found == null) {
            Class<?> sessions = Class.forName("io.sparkxacct.session.JvmSessions", true, RoleInterceptor.class.getClassLoader());
            found = (Function<Map<String, Object>, Map<String, String>>) sessions.getMethod("providerSource").invoke(null);
            source = found;
        }
        return found;
    }
}

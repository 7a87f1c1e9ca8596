package io.sparkxacct.s3av1;

import com.amazonaws.AmazonServiceException;
import com.amazonaws.Request;
import com.amazonaws.Response;
import com.amazonaws.handlers.HandlerContextKey;
import com.amazonaws.handlers.RequestHandler2;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * S3A on AWS SDK v1 (Hadoop 3.3): tells what S3 refused, so that a session that is dead before its time is replaced.
 *
 * <p>Named in settings: do not move or rename. Only types of the JDK and the SDK, in one class, so that it can be defined in the class
 * loader of S3A when this jar is in another one. Thread-safe; throws nothing, changes nothing, and does nothing for what succeeds.
 */
public final class RoleRequestHandler extends RequestHandler2 {
    /** Who hears of it; its questions are those of JvmSessions.providerSource(). Null until it is set or found. */
    public static volatile Function<Map<String, Object>, Map<String, String>> source;

    private static final Pattern SIGNER = Pattern.compile("Credential=([^/,\\s]+)/");

    @Override
    public void afterError(Request<?> request, Response<?> response, Exception failure) {
        try {
            if (!(failure instanceof AmazonServiceException)) {
                return;
            }
            AmazonServiceException answer = (AmazonServiceException) failure;
            int status = answer.getStatusCode();
            // Nothing else can be a refusal of who asked: most failures are objects that do not exist.
            if (status != 403 && status != 400 && status != 401) {
                return;
            }
            String bucket = bucket(request.getOriginalRequest());
            if (bucket != null) {
                Map<String, Object> told = new HashMap<>();
                told.put("refusedBucket", bucket);
                told.put("operation", request.getHandlerContext(HandlerContextKey.OPERATION_NAME));
                told.put("status", status);
                told.put("code", answer.getErrorCode());
                told.put("accessKeyId", signer(request.getHeaders().get("Authorization")));
                source().apply(told);
            }
        } catch (Exception | LinkageError unheard) {
            // The request has failed already, and fails as it would without this class.
        }
    }

    /** The requests of S3 have no type in common that names the bucket, and the SDK's module for S3 need not be there. */
    private static String bucket(Object original) throws ReflectiveOperationException {
        for (String getter : new String[] {"getBucketName", "getDestinationBucketName"}) {
            for (Method method : original.getClass().getMethods()) {
                if (method.getName().equals(getter) && method.getParameterCount() == 0) {
                    return (String) method.invoke(original);
                }
            }
        }
        return null;
    }

    private static String signer(String authorization) {
        Matcher credential = SIGNER.matcher(authorization == null ? "" : authorization);
        return credential.find() ? credential.group(1) : null;
    }

    @SuppressWarnings("unchecked")
    private static Function<Map<String, Object>, Map<String, String>> source() throws ReflectiveOperationException {
        Function<Map<String, Object>, Map<String, String>> found = source;
        if (found == null) {
            Class<?> sessions = Class.forName("io.sparkxacct.session.JvmSessions", true, RoleRequestHandler.class.getClassLoader());
            found = (Function<Map<String, Object>, Map<String, String>>) sessions.getMethod("providerSource").invoke(null);
            source = found;
        }
        return found;
    }
}

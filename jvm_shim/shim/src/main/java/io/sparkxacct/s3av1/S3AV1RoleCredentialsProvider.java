package io.sparkxacct.s3av1;

import com.amazonaws.SdkClientException;
import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.auth.BasicSessionCredentials;
import java.lang.reflect.Constructor;
import java.net.URI;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;

/**
 * S3A on AWS SDK v1 (Hadoop 3.3): the role session of the bucket that a FileSystem is made for.
 *
 * <p>Named in settings: do not move or rename. Only types of the JDK, Hadoop and the SDK, in one class, so that it can be
 * defined in the class loader of S3A when this jar is in another one. Thread-safe; waits only while no session is valid. Fails at once
 * and for good with Hadoop's NoAuthWithAWSException, which S3A does not retry. Holds nothing that needs closing.
 */
public final class S3AV1RoleCredentialsProvider implements AWSCredentialsProvider {
    /** The class name as settings carry it. */
    public static final String NAME = "io.sparkxacct.s3av1.S3AV1RoleCredentialsProvider";

    /** Where sessions come from; its questions and answers are those of JvmSessions.providerSource(). Null until it is set or found. */
    public static volatile Function<Map<String, Object>, Map<String, String>> source;

    private final Map<String, Object> question;
    /** The last answer and the credentials made of it: the same answer comes as long as the session is the same. */
    private volatile Map.Entry<Map<String, String>, AWSCredentials> last;

    /** Never throws and calls nobody. {@code uri} may be null; every call is refused then, because the bucket is not known. */
    public S3AV1RoleCredentialsProvider(URI uri, Configuration configuration) {
        Map<String, Object> place = new HashMap<>();
        if (uri != null) {
            place.put("scheme", uri.getScheme());
            // A bucket with an underscore is no host name for java.net.URI.
            place.put("bucket", uri.getHost() != null ? uri.getHost() : uri.getAuthority());
        }
        this.question = Collections.unmodifiableMap(place);
        Map<String, Object> made = new HashMap<>();
        made.put("configuration", configuration);
        made.put("of", place.get("bucket"));
        made.put("hooks", "fs.s3a.audit.request.handlers");
        made.put("hook", "io.sparkxacct.s3av1.RoleRequestHandler");
        made.put("audited", false);
        try {
            source().apply(made);
        } catch (Exception | LinkageError withoutASource) {
            // A plan that cannot be used throws nothing here and refuses every read; without a source each read says so itself.
        }
    }

    @Override
    public AWSCredentials getCredentials() {
        try {
            if (question.get("bucket") == null) {
                throw new IllegalStateException(NAME + " was made without the URI of a bucket, so it cannot know the role to use");
            }
            Map<String, String> answer = source().apply(question);
            Map.Entry<Map<String, String>, AWSCredentials> known = last;
            if (known == null || known.getKey() != answer) {
                known = new AbstractMap.SimpleImmutableEntry<>(answer, credentials(answer));
                last = known;
            }
            return known.getValue();
        } catch (Exception | LinkageError failure) {
            throw refusal(failure);
        }
    }

    /** Does nothing: sessions are renewed by their age. */
    @Override
    public void refresh() {
    }

    @Override
    public String toString() {
        return "S3AV1RoleCredentialsProvider(" + question.get("bucket") + ")";
    }

    private static AWSCredentials credentials(Map<String, String> answer) {
        String token = answer.get("sessionToken");
        return token == null
            ? new BasicAWSCredentials(answer.get("accessKeyId"), answer.get("secretAccessKey"))
            : new BasicSessionCredentials(answer.get("accessKeyId"), answer.get("secretAccessKey"), token);
    }

    @SuppressWarnings("unchecked")
    private static Function<Map<String, Object>, Map<String, String>> source() {
        Function<Map<String, Object>, Map<String, String>> found = source;
        if (found == null) {
            try {
                Class<?> sessions = Class.forName("io.sparkxacct.session.JvmSessions", true, S3AV1RoleCredentialsProvider.class.getClassLoader());
                found = (Function<Map<String, Object>, Map<String, String>>) sessions.getMethod("providerSource").invoke(null);
            } catch (ReflectiveOperationException absent) {
                throw new IllegalStateException("the spark-xacct jar is not beside " + NAME + " and its plugin has not started: " + absent);
            }
            source = found;
        }
        return found;
    }

    /** NoAuthWithAWSException lives in another place of the exception tree in each Hadoop line; without hadoop-aws there is none. */
    private static RuntimeException refusal(Throwable failure) {
        String text = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        try {
            Class<?> type = Class.forName("org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException", true,
                S3AV1RoleCredentialsProvider.class.getClassLoader());
            Constructor<?> constructor = type.getConstructor(String.class, Throwable.class);
            return (RuntimeException) constructor.newInstance(text, failure);
        } catch (ReflectiveOperationException | LinkageError withoutHadoopAws) {
            return new SdkClientException(text, failure);
        }
    }
}

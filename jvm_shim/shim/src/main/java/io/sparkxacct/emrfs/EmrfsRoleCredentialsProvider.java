package io.sparkxacct.emrfs;

import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.auth.BasicSessionCredentials;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.session.RoleSession;
import java.net.URI;
import java.util.UUID;
import org.apache.hadoop.conf.Configurable;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * EMRFS: the role session of the bucket that a FileSystem is made for.
 *
 * <p>Named in settings: do not move or rename. EMRFS asks it in a chain whose last member is the instance profile, and that chain takes
 * an Exception or null for "ask the next one" and stays with whoever answers first. So this class never throws an Exception and never
 * returns null: without a session it hands out credentials that S3 refuses, whose key id says so, and logs the cause once.
 */
public final class EmrfsRoleCredentialsProvider implements AWSCredentialsProvider, Configurable {
    /** The class name as settings carry it. */
    public static final String NAME = "io.sparkxacct.emrfs.EmrfsRoleCredentialsProvider";
    /** Key ids that S3 must refuse start like this; the number of the hop that failed follows, 0 for none. */
    public static final String REFUSED = "XACCT-REFUSED-";

    private static final Logger LOG = LoggerFactory.getLogger(EmrfsRoleCredentialsProvider.class);

    private final String scheme;
    private final String bucket;
    private volatile Configuration configuration;
    private volatile String logged;
    private volatile Known last;

    /** What EMRFS calls first; {@code uri} and {@code configuration} may be null. */
    public EmrfsRoleCredentialsProvider(URI uri, Configuration configuration) {
        this.scheme = uri == null ? null : uri.getScheme();
        // A bucket with an underscore is no host name for java.net.URI.
        this.bucket = uri == null ? null : uri.getHost() != null ? uri.getHost() : uri.getAuthority();
        setConf(configuration);
    }

    /** Without a URI the bucket is not known: every call gets refused credentials. */
    public EmrfsRoleCredentialsProvider(Configuration configuration) {
        this(null, configuration);
    }

    public EmrfsRoleCredentialsProvider() {
        this(null, null);
    }

    @Override
    public void setConf(Configuration newest) {
        configuration = newest;
        if (newest == null) {
            return;
        }
        try {
            JvmSessions.follow(newest);
        } catch (Exception | LinkageError failure) {
            report(failure);
        }
    }

    @Override
    public Configuration getConf() {
        return configuration;
    }

    @Override
    public AWSCredentials getCredentials() {
        try {
            if (bucket == null) {
                throw new IllegalStateException(NAME + " was made without the URI of a bucket, so it cannot know the role to use");
            }
            RoleSession session = JvmSessions.resolve(scheme, bucket);
            if (logged != null) {
                logged = null;
            }
            Known known = last;
            if (known == null || known.session != session) {
                known = new Known(session);
                last = known;
            }
            return known.credentials;
        } catch (Exception | LinkageError failure) {
            // Exception, because Scala and Kotlin throw checked ones that no signature names, from a base identity for one.
            report(failure);
            return new BasicAWSCredentials(REFUSED + hop(failure), UUID.randomUUID().toString());
        }
    }

    /** Does nothing: sessions are renewed by their age. */
    @Override
    public void refresh() {
    }

    @Override
    public String toString() {
        return "EmrfsRoleCredentialsProvider(" + bucket + ")";
    }

    /** Says the cause once. A reader that was interrupted wants no answer any more, which is nobody's fault. */
    private void report(Throwable failure) {
        try {
            String cause = cause(failure);
            if (Thread.currentThread().isInterrupted() || cause.equals(logged)) {
                return;
            }
            logged = cause;
            String text = failure.getMessage() == null ? failure.toString() : failure.getMessage();
            LOG.error("S3 will refuse the next requests (access key id {}{}): {}", REFUSED, hop(failure), text);
        } catch (Exception | LinkageError brokenLog) {
            // An appender that throws must not hand the bucket to the next provider of the chain.
        }
    }

    private static int hop(Throwable failure) {
        Failure known = failure instanceof FailureException ? ((FailureException) failure).failure() : null;
        return known == null || known.hop() == null ? 0 : known.hop().number();
    }

    /** What stays the same while the same thing is wrong; the message has times in it. */
    private static String cause(Throwable failure) {
        if (failure instanceof FailureException) {
            Failure known = ((FailureException) failure).failure();
            return known.kind() + " " + hop(failure) + " " + known.code();
        }
        return failure.toString();
    }

    /** The session that was answered last, in the SDK's form. */
    private static final class Known {
        final RoleSession session;
        final AWSCredentials credentials;

        Known(RoleSession session) {
            this.session = session;
            this.credentials = session.sessionToken() == null
                ? new BasicAWSCredentials(session.accessKeyId(), session.secretAccessKey())
                : new BasicSessionCredentials(session.accessKeyId(), session.secretAccessKey(), session.sessionToken());
        }
    }
}

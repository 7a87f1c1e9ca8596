package io.sparkxacct.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.plan.Keys;
import java.io.FileNotFoundException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

/** One named S3A provider class by itself: how it is made, what it says, and what becomes of it in another class loader. */
public abstract class S3AFrontTests {
    private static final String NO_AUTH = "org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException";

    private final Class<?> front;

    protected S3AFrontTests(Class<?> front) {
        this.front = front;
    }

    /** Asks a provider for credentials and returns the access key id. */
    protected abstract String keyOf(Object provider);

    /** The SDK's own exception, which serves where hadoop-aws is not. */
    protected abstract String sdkException();

    @Test
    void isMadeByS3AWithUriAndConfigurationAndInNoOtherWay() {
        assertEquals(List.of("[class java.net.URI, class org.apache.hadoop.conf.Configuration]"),
            Arrays.stream(front.getConstructors()).map(constructor -> Arrays.toString(constructor.getParameterTypes())).toList());
    }

    @Test
    void ownsNothingThatAFileSystemCouldClose() {
        assertFalse(AutoCloseable.class.isAssignableFrom(front));
    }

    @Test
    void neverThrowsFromItsConstructorAndSaysItAtTheFirstCall() throws Exception {
        Configuration broken = new Configuration(false);
        broken.set(Keys.PLAN, "z1:broken");

        RuntimeException refusal = refusal(make(front, URI.create("s3a://partner-data/"), broken));

        assertEquals(NO_AUTH, refusal.getClass().getName());
        assertEquals("bucket partner-data: the plan text is cut or damaged (9 characters: a checksum or code in it is wrong); copy it again in full",
            refusal.getMessage());
    }

    @Test
    void withoutAUriItCannotKnowTheRole() throws Exception {
        for (Configuration configuration : new Configuration[] {new Configuration(false), null}) {
            RuntimeException refusal = refusal(make(front, null, configuration));

            assertEquals(NO_AUTH, refusal.getClass().getName());
            assertEquals(front.getName() + " was made without the URI of a bucket, so it cannot know the role to use", refusal.getMessage());
        }
    }

    @Test
    void worksInAnotherClassLoaderFromTheSourceItIsGiven() throws Exception {
        Class<?> alone = OtherLoader.define(front);
        Function<Map<String, Object>, Map<String, String>> source = question ->
            question.containsKey("configuration") ? Map.of() : Map.of("accessKeyId", "AKIA-" + new TreeMap<>(question), "secretAccessKey", "s");
        alone.getField("source").set(null, source);

        Object provider = make(alone, new URI("s3a://my_bucket/x"), new Configuration(false));

        assertEquals("AKIA-{bucket=my_bucket, scheme=s3a}", keyOf(provider));
    }

    @Test
    void aCheckedExceptionThatNoSignatureNamesIsARefusalToo() throws Exception {
        Class<?> alone = OtherLoader.define(front);
        Function<Map<String, Object>, Map<String, String>> source = question -> {
            throw S3AFrontTests.<RuntimeException>unchecked(new FileNotFoundException("/etc/corp/keys"));
        };
        alone.getField("source").set(null, source);

        RuntimeException refusal = refusal(make(alone, URI.create("s3a://partner-data/"), new Configuration(false)));

        assertEquals(sdkException(), refusal.getClass().getName());
        assertEquals("/etc/corp/keys", refusal.getMessage());
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T unchecked(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void inAnotherClassLoaderWithoutASourceOrHadoopAwsItSaysWhatIsMissing() throws Exception {
        Object provider = make(OtherLoader.define(front), URI.create("s3a://partner-data/"), new Configuration(false));

        RuntimeException refusal = refusal(provider);

        assertEquals(sdkException(), refusal.getClass().getName());
        assertEquals("the spark-xacct jar is not beside " + front.getName()
            + " and its plugin has not started: java.lang.ClassNotFoundException: io.sparkxacct.session.JvmSessions", refusal.getMessage());
    }

    private RuntimeException refusal(Object provider) {
        return assertThrows(RuntimeException.class, () -> keyOf(provider));
    }

    private static Object make(Class<?> type, URI uri, Configuration configuration) throws ReflectiveOperationException {
        return type.getConstructor(URI.class, Configuration.class).newInstance(uri, configuration);
    }
}

package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.testkit.StandardError;
import java.util.Collections;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class FrontClassesTest {
    private static final Function<Map<String, Object>, Map<String, String>> SOURCE = question -> Collections.emptyMap();

    private final FrontClasses fronts = new FrontClasses(SOURCE);

    /** Sees Hadoop, and the SDKs but the hidden ones; not this jar. As Spark's jars folder does. */
    private static ClassLoader above(String... hidden) {
        return new ClassLoader(FrontClassesTest.class.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                Class<?> defined = findLoadedClass(name);
                if (defined != null) {
                    return defined;
                }
                if (name.startsWith("io.sparkxacct.")) {
                    throw new ClassNotFoundException(name);
                }
                for (String prefix : hidden) {
                    if (name.startsWith(prefix)) {
                        throw new ClassNotFoundException(name);
                    }
                }
                return super.loadClass(name, resolve);
            }
        };
    }

    @Test
    void aLoaderThatDoesNotSeeTheJarGetsTheFrontOfEachSdkItHasWithItsSource() throws Exception {
        ClassLoader above = above();

        assertEquals(String.join(" and ", Keys.S3A_PROVIDER, Keys.S3A_HOOK, Keys.S3A_V1_PROVIDER, Keys.S3A_V1_HOOK)
            + " were put beside S3A, whose class loader does not see this jar", fronts.place(above));
        for (String name : new String[] {Keys.S3A_PROVIDER, Keys.S3A_HOOK, Keys.S3A_V1_PROVIDER, Keys.S3A_V1_HOOK}) {
            Class<?> front = Class.forName(name, true, above);
            assertSame(above, front.getClassLoader());
            assertSame(SOURCE, front.getField("source").get(null));
        }
    }

    @Test
    void theFrontOfAnSdkThatIsNotThereStaysAway() {
        ClassLoader above = above("com.amazonaws.");

        assertEquals(Keys.S3A_PROVIDER + " and " + Keys.S3A_HOOK + " were put beside S3A, whose class loader does not see this jar",
            fronts.place(above));
        assertThrows(ClassNotFoundException.class, () -> Class.forName(Keys.S3A_V1_PROVIDER, true, above));
        assertThrows(ClassNotFoundException.class, () -> Class.forName(Keys.S3A_V1_HOOK, true, above));
    }

    @Test
    void aSecondContextOfTheSameJvmGivesTheSameClassesItsOwnSource() throws Exception {
        ClassLoader above = above("com.amazonaws.");
        fronts.place(above);
        Function<Map<String, Object>, Map<String, String>> second = question -> Collections.emptyMap();

        assertNull(new FrontClasses(second).place(above));

        for (String name : new String[] {Keys.S3A_PROVIDER, Keys.S3A_HOOK}) {
            assertSame(second, Class.forName(name, true, above).getField("source").get(null));
        }
    }

    @Test
    void whereS3ASeesTheJarNothingIsDone() {
        assertNull(fronts.place(FrontClassesTest.class.getClassLoader()));
    }

    @Test
    void withoutS3AThereIsNothingToDo() {
        assertEquals("", StandardError.of(FrontClasses::placeBesideS3A).text());
    }

    @Test
    void aLoaderThatTakesNoClassIsNamedWithTheRemedy() {
        ClassLoader sealed = new ClassLoader(above("com.amazonaws.")) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith("java.")) {
                    throw new ClassNotFoundException(name);
                }
                return super.loadClass(name, resolve);
            }
        };

        assertEquals("S3A's class loader does not see " + Keys.S3A_PROVIDER
            + " and takes no class of this jar (java.lang.NoClassDefFoundError: java/lang/Object), so S3A cannot open declared buckets: put"
            + " the jar beside hadoop-aws, into Spark's jars folder or on spark.driver.extraClassPath and spark.executor.extraClassPath",
            assertThrows(IllegalStateException.class, () -> fronts.place(sealed)).getMessage());
    }
}

package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

/** S3A's rules, on classes of our own; {@code get()} says which way the instance was made. */
class BaseLoaderTest {
    private final Configuration configuration = new Configuration(false);

    @Test
    void takesTheFirstWayThatTheClassOffers() {
        assertEquals("(URI, Configuration) null", made(All.class, null));
        assertEquals("(Configuration)", made(ByConfiguration.class, null));
        assertEquals("create()", made(ByFactory.class, null));
        assertEquals("()", made(Plain.class, null));
    }

    @Test
    void aProfileGoesToTheFactoryOrConstructorThatTakesAName() {
        assertEquals("create(etl)", made(ByFactory.class, "etl"));
        assertEquals("(etl)", made(Plain.class, "etl"));
    }

    @Test
    void whatCannotServeIsSaidInWords() {
        assertEquals("base identity class a.b.Missing is not on the class path; add its jar beside this one", refusal("a.b.Missing"));
        assertEquals("base identity class java.lang.String is no java.util.function.Supplier that can be made; correct base: class:",
            refusal("java.lang.String"));
        assertEquals("base identity class " + Supplier.class.getName() + " is no java.util.function.Supplier that can be made; correct base: class:",
            refusal(Supplier.class.getName()));
        assertEquals("base identity class " + Hidden.class.getName() + " has no public constructor (URI, Configuration), (Configuration) or (),"
            + " and no public static create(); correct base: class:", refusal(Hidden.class.getName()));
        assertEquals("the plan names no base identity class for this SDK; render the settings again with this version", refusal(null));
    }

    @Test
    void aConstructorThatFailsIsQuoted() {
        String message = assertThrows(IllegalStateException.class, () -> made(Failing.class, null)).getMessage();

        assertEquals(Failing.class.getName() + ": no vault here", message);
    }

    @Test
    void aClassThatLacksWhatItNeedsIsSaidInWords() {
        configuration.setClassLoader(new ClassLoader() {
            @Override
            protected Class<?> findClass(String name) {
                throw new NoClassDefFoundError("com/corp/Vault");
            }
        });

        assertEquals("base identity class com.corp.Base cannot be loaded: java.lang.NoClassDefFoundError: com/corp/Vault; add what it needs beside it",
            refusal("com.corp.Base"));
        assertNull(BaseLoader.find("com.corp.Base", configuration));
    }

    @Test
    void onlyWhatWasMadeForUsIsClosed() {
        for (String profile : new String[] {null, "etl"}) {
            ByFactory.made.clear();
            BaseProvider<?> loaded = BaseLoader.load(ByFactory.class.getName(), Supplier.class, "create", profile, configuration);
            assertEquals(List.of(0, 1), ByFactory.made.stream().map(one -> one.closed).toList());
            loaded.close();
            assertEquals(List.of(1, 1), ByFactory.made.stream().map(one -> one.closed).toList());
        }
        BaseLoader.load(Shared.class.getName(), Supplier.class, "create", null, configuration).close();
        assertEquals(0, Shared.closed);
        BaseLoader.load(ByConfiguration.class.getName(), Supplier.class, "create", null, configuration).close();
        assertEquals(1, ByConfiguration.closed);
    }

    private String made(Class<?> type, String profile) {
        return (String) BaseLoader.load(type.getName(), Supplier.class, "create", profile, configuration).get().get();
    }

    private String refusal(String className) {
        return assertThrows(FailureException.class, () -> BaseLoader.load(className, Supplier.class, "create", null, configuration)).getMessage();
    }

    /** Says how it was made. */
    abstract static class Made implements Supplier<String> {
        private final String way;

        Made(String way) {
            this.way = way;
        }

        @Override
        public String get() {
            return way;
        }
    }

    public static final class All extends Made {
        public All(URI uri, Configuration configuration) {
            super("(URI, Configuration) " + uri);
        }

        public All(Configuration configuration) {
            super("(Configuration)");
        }

        public All() {
            super("()");
        }
    }

    public static final class ByConfiguration extends Made implements AutoCloseable {
        static int closed;

        public ByConfiguration(Configuration configuration) {
            super("(Configuration)");
        }

        public ByConfiguration() {
            super("()");
        }

        @Override
        public void close() {
            closed++;
        }
    }

    public static final class ByFactory extends Made implements AutoCloseable {
        static final List<ByFactory> made = new ArrayList<>();
        private int closed;

        private ByFactory(String way) {
            super(way);
            made.add(this);
        }

        public static ByFactory create() {
            return new ByFactory("create()");
        }

        public static ByFactory create(String profile) {
            return new ByFactory("create(" + profile + ")");
        }

        @Override
        public void close() {
            closed++;
        }
    }

    public static final class Shared extends Made implements AutoCloseable {
        static int closed;
        private static final Shared ONLY = new Shared();

        private Shared() {
            super("create()");
        }

        public static Shared create() {
            return ONLY;
        }

        @Override
        public void close() {
            closed++;
        }
    }

    public static final class Plain extends Made {
        public Plain() {
            super("()");
        }

        public Plain(String profile) {
            super("(" + profile + ")");
        }
    }

    public static final class Hidden extends Made {
        Hidden() {
            super("hidden");
        }
    }

    public static final class Failing extends Made {
        public Failing() {
            super("()");
            throw new IllegalStateException("no vault here");
        }
    }
}

package io.sparkxacct.session;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;

/**
 * Makes the provider of a base identity by S3A's own rules, so that whatever works in S3A's settings works as a base.
 *
 * <p>In order: public (URI, Configuration), public (Configuration), public static factory, public no-argument constructor. With a
 * profile: factory or constructor that takes its name. https://issues.apache.org/jira/browse/HADOOP-13050
 */
public final class BaseLoader {
    private BaseLoader() {
    }

    /** Throws FailureException (PLAN) for a class that cannot serve, IllegalStateException with the words of a constructor that failed. */
    public static <T> BaseProvider<T> load(String className, Class<T> type, String factory, String profile, Configuration configuration) {
        if (className == null) {
            throw unsuitable("the plan names no base identity class for this SDK", "render the settings again with this version");
        }
        Class<?> found;
        try {
            found = lookUp(className, configuration);
        } catch (LinkageError broken) {
            throw unsuitable("base identity class " + className + " cannot be loaded: " + broken, "add what it needs beside it");
        }
        if (found == null) {
            throw unsuitable("base identity class " + className + " is not on the class path", "add its jar beside this one");
        }
        if (!type.isAssignableFrom(found) || Modifier.isAbstract(found.getModifiers())) {
            throw unsuitable("base identity class " + className + " is no " + type.getName() + " that can be made", "correct base: class:");
        }
        try {
            BaseProvider<T> made = profile != null ? byProfile(found, type, factory, profile) : byRules(found, type, factory, configuration);
            if (made == null || made.get() == null) {
                throw unsuitable("base identity class " + className + " has no public constructor (URI, Configuration), (Configuration) or (),"
                    + " and no public static " + factory + "()", "correct base: class:");
            }
            return made;
        } catch (InvocationTargetException thrown) {
            Throwable cause = thrown.getCause();
            throw new IllegalStateException(className + ": " + (cause.getMessage() == null ? cause : cause.getMessage()), cause);
        } catch (ReflectiveOperationException broken) {
            throw new IllegalStateException(className + " cannot be made: " + broken);
        }
    }

    /** The base identity's class by name; null when it cannot be loaded. */
    static Class<?> find(String className, Configuration configuration) {
        try {
            return lookUp(className, configuration);
        } catch (LinkageError saidWhenItIsLoaded) {
            return null;
        }
    }

    /** From our own loader first: the SDK that it sees is the one that calls STS. Null when it is nowhere. */
    private static Class<?> lookUp(String className, Configuration configuration) {
        try {
            return Class.forName(className, false, BaseLoader.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError elsewhere) {
            return configuration.getClassByNameOrNull(className);
        }
    }

    private static <T> BaseProvider<T> byRules(Class<?> found, Class<T> type, String factory, Configuration configuration)
        throws ReflectiveOperationException {
        Constructor<?> constructor = constructor(found, URI.class, Configuration.class);
        if (constructor != null) {
            return BaseProvider.made(type.cast(constructor.newInstance(null, configuration)));
        }
        constructor = constructor(found, Configuration.class);
        if (constructor != null) {
            return BaseProvider.made(type.cast(constructor.newInstance(configuration)));
        }
        Method method = factory(found, factory);
        if (method != null) {
            return byFactory(method, type);
        }
        constructor = constructor(found);
        return constructor == null ? null : BaseProvider.made(type.cast(constructor.newInstance()));
    }

    private static <T> BaseProvider<T> byProfile(Class<?> found, Class<T> type, String factory, String profile)
        throws ReflectiveOperationException {
        Method method = factory(found, factory, String.class);
        if (method != null) {
            return byFactory(method, type, profile);
        }
        Constructor<?> constructor = constructor(found, String.class);
        return constructor == null ? null : BaseProvider.made(type.cast(constructor.newInstance(profile)));
    }

    /** No signature says whether a factory shares: one that gives the same instance twice does. */
    private static <T> BaseProvider<T> byFactory(Method method, Class<T> type, Object... arguments) throws ReflectiveOperationException {
        T first = type.cast(method.invoke(null, arguments));
        if (!(first instanceof AutoCloseable)) {
            return BaseProvider.shared(first);
        }
        T second = type.cast(method.invoke(null, arguments));
        if (first == second) {
            return BaseProvider.shared(first);
        }
        BaseProvider.made(second).close();
        return BaseProvider.made(first);
    }

    private static Constructor<?> constructor(Class<?> found, Class<?>... parameters) {
        try {
            return found.getConstructor(parameters);
        } catch (NoSuchMethodException absent) {
            return null;
        }
    }

    private static Method factory(Class<?> found, String name, Class<?>... parameters) {
        try {
            Method method = found.getMethod(name, parameters);
            return Modifier.isStatic(method.getModifiers()) ? method : null;
        } catch (NoSuchMethodException absent) {
            return null;
        }
    }

    private static FailureException unsuitable(String problem, String advice) {
        return new FailureException(Failure.plan(problem, advice));
    }
}

package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.lang.reflect.InvocationTargetException;
import java.util.function.Function;

/** Chooses the AWS SDK that calls STS: v2 where its STS module can be loaded and serves the base identity, else v1. */
enum StsLines {
    SDK_V2("AWS SDK v2", "io.sparkxacct.sts2.Sts2Line", "software.amazon.awssdk.auth.credentials.AwsCredentialsProvider",
        "software.amazon.awssdk.services.sts.StsClient", "software.amazon.awssdk.http.apache.ApacheHttpClient") {
        @Override
        String baseClass(Plan.Base base) {
            return base.v2();
        }
    },
    SDK_V1("AWS SDK v1", "io.sparkxacct.sts1.Sts1Line", "com.amazonaws.auth.AWSCredentialsProvider",
        "com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder") {
        @Override
        String baseClass(Plan.Base base) {
            return base.v1();
        }
    };

    private final String sdk;
    private final String implementation;
    private final String providerType;
    private final String[] needs;

    StsLines(String sdk, String implementation, String providerType, String... needs) {
        this.sdk = sdk;
        this.implementation = implementation;
        this.providerType = providerType;
        this.needs = needs;
    }

    /** The class name of the base identity's provider for this SDK; null when it cannot serve the base. */
    abstract String baseClass(Plan.Base base);

    /**
     * Throws FailureException in words when no SDK can serve the plan.
     *
     * @param sdk a class of an SDK by name, from the loader that links the lines and no other; null when it is not there
     * @param bases the base identity's class by name, which may be elsewhere; null when it cannot be loaded
     */
    static StsLines choose(Plan.Base base, Function<String, Class<?>> sdk, Function<String, Class<?>> bases) {
        StringBuilder why = new StringBuilder();
        for (StsLines line : values()) {
            String problem = line.problem(base, sdk, bases);
            if (problem == null) {
                return line;
            }
            why.append(why.length() == 0 ? "" : "; ").append(line.sdk).append(": ").append(problem);
        }
        throw new FailureException(Failure.plan("no AWS SDK beside this jar can call STS (" + why + ")",
            "add software.amazon.awssdk:sts and apache-client, or com.amazonaws:aws-java-sdk-sts, in the version of the SDK that is there"));
    }

    private String problem(Plan.Base base, Function<String, Class<?>> classes, Function<String, Class<?>> bases) {
        for (String need : needs) {
            if (classes.apply(need) == null) {
                return "class " + need + " is not on the class path";
            }
        }
        if (baseClass(base) == null) {
            return "cannot serve base " + base.kind();
        }
        Class<?> provider = bases.apply(baseClass(base));
        // One that is nowhere is reported when it is loaded. A company's own class is written for one SDK, whichever that is.
        if (provider != null && !classes.apply(providerType).isAssignableFrom(provider)) {
            return "base class " + baseClass(base) + " is no " + providerType;
        }
        return null;
    }

    /** A class from the loader that links the lines; null when it cannot be loaded. */
    static Class<?> besideTheLines(String className) {
        try {
            return Class.forName(className, false, StsLines.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError absent) {
            return null;
        }
    }

    StsLine open(StsInputs inputs) {
        inputs.checkAddress();
        try {
            Class<?> type = Class.forName(implementation, true, StsLines.class.getClassLoader());
            return (StsLine) type.getConstructor(StsInputs.class).newInstance(inputs);
        } catch (InvocationTargetException thrown) {
            throw new IllegalStateException(implementation + " cannot be made", thrown.getCause());
        } catch (ReflectiveOperationException broken) {
            throw new IllegalStateException(implementation + " is not in this jar as it should be", broken);
        }
    }
}

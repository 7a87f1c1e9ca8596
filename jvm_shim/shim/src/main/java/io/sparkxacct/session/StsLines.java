package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.lang.reflect.InvocationTargetException;
import java.util.function.Predicate;

/** Chooses the AWS SDK that calls STS: v2 where its STS module can be loaded and serves the base identity, else v1. */
enum StsLines {
    SDK_V2("AWS SDK v2", "io.sparkxacct.sts2.Sts2Line",
        "software.amazon.awssdk.services.sts.StsClient", "software.amazon.awssdk.http.apache.ApacheHttpClient") {
        @Override
        String baseClass(Plan.Base base) {
            return base.v2();
        }
    },
    SDK_V1("AWS SDK v1", "io.sparkxacct.sts1.Sts1Line",
        "com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder") {
        @Override
        String baseClass(Plan.Base base) {
            return base.v1();
        }
    };

    private final String sdk;
    private final String implementation;
    private final String[] needs;

    StsLines(String sdk, String implementation, String... needs) {
        this.sdk = sdk;
        this.implementation = implementation;
        this.needs = needs;
    }

    /** The class name of the base identity's provider for this SDK; null when it cannot serve the base. */
    abstract String baseClass(Plan.Base base);

    /** Throws FailureException in words when no SDK can serve the plan. {@code loadable} says whether a class is there. */
    static StsLines choose(Plan.Base base, Predicate<String> loadable) {
        StringBuilder why = new StringBuilder();
        for (StsLines line : values()) {
            String missing = line.firstMissing(loadable);
            if (missing == null && line.baseClass(base) != null) {
                return line;
            }
            why.append(why.length() == 0 ? "" : "; ").append(line.sdk).append(": ");
            why.append(missing != null ? "class " + missing + " is not on the class path" : "cannot serve base " + base.kind());
        }
        throw new FailureException(Failure.plan("no AWS SDK beside this jar can call STS (" + why + ")",
            "add software.amazon.awssdk:sts and apache-client, or com.amazonaws:aws-java-sdk-sts, in the version of the SDK that is there"));
    }

    StsLine open(StsInputs inputs) {
        try {
            Class<?> type = Class.forName(implementation, true, StsLines.class.getClassLoader());
            return (StsLine) type.getConstructor(StsInputs.class).newInstance(inputs);
        } catch (InvocationTargetException thrown) {
            throw new IllegalStateException(implementation + " cannot be made", thrown.getCause());
        } catch (ReflectiveOperationException broken) {
            throw new IllegalStateException(implementation + " is not in this jar as it should be", broken);
        }
    }

    static boolean loadable(String className) {
        try {
            Class.forName(className, false, StsLines.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError absent) {
            return false;
        }
    }

    private String firstMissing(Predicate<String> loadable) {
        for (String need : needs) {
            if (!loadable.test(need)) {
                return need;
            }
        }
        return null;
    }
}

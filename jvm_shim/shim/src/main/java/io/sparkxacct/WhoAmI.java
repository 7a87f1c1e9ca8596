package io.sparkxacct;

import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.JvmSessions;

/** Who this JVM is to AWS, for py4j and for {@code SELECT java_method('io.sparkxacct.WhoAmI', 'caller', role)}: do not move or rename. */
public final class WhoAmI {
    private WhoAmI() {
    }

    /**
     * The ARN of a role's session, or of the base identity's ("@base"), by GetCallerIdentity; else, in one line, why there is none.
     *
     * <p>Throws nothing, because an exception would end the job that asks. May wait for STS.
     */
    public static String caller(String role) {
        try {
            return JvmSessions.caller(role);
        } catch (FailureException refused) {
            return refused.getMessage().split("\\R", 2)[0];
        } catch (RuntimeException | LinkageError broken) {
            return "cannot be asked: " + broken;
        }
    }
}

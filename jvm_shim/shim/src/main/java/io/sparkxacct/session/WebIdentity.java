package io.sparkxacct.session;

import io.sparkxacct.plan.SessionName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Paths;

/** The session of a web identity token (IRSA), one call each; both SDK lines put their call under it. Keeps nothing. */
public final class WebIdentity {
    private static final String FIX = "run this process with it, or change base: in the declaration";

    /** AssumeRoleWithWebIdentity, unsigned, of one SDK. */
    public interface Call {
        RoleSession assume(String roleArn, String roleSessionName, String token) throws StsException;
    }

    private final StsInputs inputs;
    private final Call call;

    public WebIdentity(StsInputs inputs, Call call) {
        this.inputs = inputs;
        this.call = call;
    }

    /** Throws FailureException: a variable or file is missing, or STS refused, throttled or did not answer. */
    public RoleSession session() {
        String roleArn = required("AWS_ROLE_ARN");
        String tokenFile = required("AWS_WEB_IDENTITY_TOKEN_FILE");
        String name = inputs.environment("AWS_ROLE_SESSION_NAME");
        String token;
        try {
            // Read at each call: Kubernetes replaces the file.
            token = new String(Files.readAllBytes(Paths.get(tokenFile)), StandardCharsets.UTF_8).trim();
        } catch (IOException | InvalidPathException unreadable) {
            throw missing("the web identity token file " + tokenFile + " (AWS_WEB_IDENTITY_TOKEN_FILE) cannot be read", FIX, null, null);
        }
        try {
            return call.assume(roleArn, name != null ? name : SessionName.fill("xacct-{run}", inputs.run(), null), token);
        } catch (StsException error) {
            String problem = error.problem(inputs.address());
            if (error.kind() != Failure.Kind.DENIED) {
                throw new FailureException(Failure.ofBase(error.kind(), problem, null, error.code(), error.stsMessage()));
            }
            String fix = "ExpiredTokenException".equals(error.code())
                ? "the token in " + tokenFile + " has expired: Kubernetes renews it, so look at the pod's projected volume" : FIX;
            throw missing("AssumeRoleWithWebIdentity of " + roleArn + " was " + problem, fix, error.code(), error.stsMessage());
        }
    }

    private String required(String variable) {
        String value = inputs.environment(variable);
        if (value == null) {
            throw missing("environment variable " + variable + " is not set, which base irsa needs", FIX, null, null);
        }
        return value;
    }

    private static FailureException missing(String what, String fix, String code, String stsMessage) {
        return new FailureException(Failure.ofBase(
            Failure.Kind.BASE_MISSING, "the base identity (irsa) gives no credentials: " + what, fix, code, stsMessage));
    }
}

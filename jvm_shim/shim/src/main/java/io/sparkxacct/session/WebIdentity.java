package io.sparkxacct.session;

import io.sparkxacct.plan.SessionName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session of a web identity token (IRSA), kept and renewed in its second half; both SDK lines put their call under it.
 *
 * <p>Thread-safe. While a session is valid one caller renews it and all others go on with the old one.
 */
public final class WebIdentity {
    private static final Logger LOG = LoggerFactory.getLogger(WebIdentity.class);
    private static final Duration RETRY = Duration.ofSeconds(30);

    /** AssumeRoleWithWebIdentity, unsigned, of one SDK. */
    public interface Call {
        RoleSession assume(String roleArn, String roleSessionName, String token) throws StsException;
    }

    private final StsInputs inputs;
    private final Call call;
    private final Supplier<Instant> now;
    private final ReentrantLock renewal = new ReentrantLock();
    private volatile RoleSession session;
    private volatile Instant renewAt = Instant.MIN;

    public WebIdentity(StsInputs inputs, Call call) {
        this(inputs, call, Instant::now);
    }

    WebIdentity(StsInputs inputs, Call call, Supplier<Instant> now) {
        this.inputs = inputs;
        this.call = call;
        this.now = now;
    }

    /** Throws IllegalStateException in words: a variable or file is missing, or STS refused. */
    public RoleSession session() {
        RoleSession held = session;
        Instant time = now.get();
        if (held != null && time.isBefore(renewAt)) {
            return held;
        }
        boolean valid = held != null && time.isBefore(held.expiration());
        if (!valid) {
            renewal.lock();
        } else if (!renewal.tryLock()) {
            return held;
        }
        try {
            return renewed(held);
        } finally {
            renewal.unlock();
        }
    }

    private RoleSession renewed(RoleSession seen) {
        if (session != seen) {
            return session;
        }
        Instant asked = now.get();
        try {
            RoleSession fresh = assume();
            renewAt = asked.plus(Duration.between(asked, fresh.expiration()).dividedBy(2));
            session = fresh;
            return fresh;
        } catch (IllegalStateException refused) {
            if (seen == null || !asked.isBefore(seen.expiration())) {
                throw refused;
            }
            renewAt = asked.plus(RETRY);
            LOG.warn("The base identity could not be renewed and is valid until {}: {}", seen.expiration(), refused.getMessage());
            return seen;
        }
    }

    private RoleSession assume() {
        String roleArn = required("AWS_ROLE_ARN");
        String tokenFile = required("AWS_WEB_IDENTITY_TOKEN_FILE");
        String name = inputs.environment("AWS_ROLE_SESSION_NAME");
        String token;
        try {
            // Read at each call: Kubernetes replaces the file.
            token = new String(Files.readAllBytes(Paths.get(tokenFile)), StandardCharsets.UTF_8).trim();
        } catch (IOException unreadable) {
            throw new IllegalStateException("the web identity token file " + tokenFile + " (AWS_WEB_IDENTITY_TOKEN_FILE) cannot be read");
        }
        try {
            return call.assume(roleArn, name != null ? name : SessionName.fill("xacct-{run}", inputs.run(), null), token);
        } catch (StsException error) {
            throw new IllegalStateException(error.httpStatus() == 0
                ? "STS at " + inputs.address() + " cannot be reached: " + error.getMessage()
                : "AssumeRoleWithWebIdentity of " + roleArn + " was refused by STS: " + error.code() + ": " + error.getMessage());
        }
    }

    private String required(String variable) {
        String value = inputs.environment(variable);
        if (value == null) {
            throw new IllegalStateException("environment variable " + variable + " is not set, which base irsa needs");
        }
        return value;
    }
}

package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.SessionName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;

/**
 * What a JVM brings to the calls of STS: the plan, the run, the user, its environment and its Hadoop configuration.
 *
 * <p>{@code run} and {@code user} are resolved once, so that all session names of a JVM agree. Thread-safe.
 */
public final class StsInputs {
    private final Plan plan;
    private final String run;
    private final String user;
    private final Function<String, String> environment;
    private volatile Configuration configuration;

    /** {@code environment} returns null for what is not set. */
    public StsInputs(Plan plan, String run, String user, Function<String, String> environment, Configuration configuration) {
        this.plan = plan;
        this.run = run;
        this.user = user;
        this.environment = environment;
        this.configuration = configuration;
    }

    public Plan plan() {
        return plan;
    }

    public String run() {
        return run;
    }

    /** For base identity classes that read their settings from it. */
    public Configuration configuration() {
        return configuration;
    }

    /** The newest configuration that carried this plan: a company's base identity may read what an earlier one lacked. */
    void use(Configuration newest) {
        configuration = newest;
    }

    /** Null when the variable is not set or empty. */
    public String environment(String name) {
        String value = environment.apply(name);
        return value == null || value.isEmpty() ? null : value;
    }

    public String region() {
        return plan.sts().region();
    }

    /** The address of STS; null means the SDK's own regional endpoint. */
    public String endpoint() {
        if (plan.sts().endpoint() != null) {
            return plan.sts().endpoint();
        }
        String own = environment("AWS_ENDPOINT_URL_STS");
        return own != null ? own : environment("AWS_ENDPOINT_URL");
    }

    /** The address of STS: what endpoint() says, else the regional endpoint in the region's partition. */
    public String address() {
        return endpoint() != null ? endpoint() : "https://sts." + region() + "." + domain(region());
    }

    private static String domain(String region) {
        if (region.startsWith("cn-")) {
            return "amazonaws.com.cn";
        }
        if (region.startsWith("us-isob-")) {
            return "sc2s.sgov.gov";
        }
        return region.startsWith("us-iso-") ? "c2s.ic.gov" : "amazonaws.com";
    }

    /** The session name of one role, placeholders filled in. */
    String sessionName(Plan.Role role) {
        return SessionName.fill(role.roleSessionName(), run, user);
    }

    /** The external id's value, or null when the role asks for none. A reference is resolved at every call: files change. */
    String externalId(Plan.Role role, Hop hop) {
        Plan.ExternalId reference = role.externalId();
        if (reference == null || reference.literal() != null) {
            return reference == null ? null : reference.literal();
        }
        if (reference.environmentVariable() != null) {
            String value = environment(reference.environmentVariable());
            if (value == null) {
                throw unresolvable(hop, "environment variable " + reference.environmentVariable() + " is not set on host " + host(),
                    "set it there, or use external_id: {file: PATH}");
            }
            return value;
        }
        try {
            return new String(Files.readAllBytes(Paths.get(reference.file())), StandardCharsets.UTF_8).trim();
        } catch (IOException unreadable) {
            throw unresolvable(hop, "file " + reference.file() + " cannot be read on host " + host(), "put it there");
        }
    }

    private static FailureException unresolvable(Hop hop, String what, String advice) {
        return new FailureException(hop.plan("the external id cannot be resolved: " + what, advice));
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "(unnamed)";
        }
    }
}

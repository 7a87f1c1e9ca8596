package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.SessionName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Paths;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;

/**
 * What a JVM brings to the calls of STS: the plan, the run, the user, its environment and its Hadoop configuration.
 *
 * <p>{@code run} and {@code user} are resolved once, so that all session names of a JVM agree. Thread-safe.
 */
public final class StsInputs {
    private static final String[] ENDPOINT_VARIABLES = {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"};

    private final Plan plan;
    private final String run;
    private final String user;
    private final Function<String, String> environment;
    /** Held as long as the plan: a base identity that was forgotten is made anew from the same settings. One for each plan, no more. */
    private Configuration configuration;
    private boolean awaiting;

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

    public String user() {
        return user;
    }

    /** For base identity classes that read their settings from it. */
    public synchronized Configuration configuration() {
        return configuration;
    }

    /** Says that the configuration is only what core-site.xml holds, and the application's own is yet to come. */
    synchronized void awaitConfiguration() {
        awaiting = true;
    }

    /** The configuration of a FileSystem with this plan. The first one counts: later ones may carry another bucket's settings. */
    synchronized void offer(Configuration newest) {
        if (awaiting) {
            configuration = newest;
            awaiting = false;
        }
    }

    /** The proxy for STS; null when there is none. Throws FailureException (PLAN) for settings that cannot work. */
    public ProxySettings proxy() {
        return ProxySettings.of(configuration());
    }

    /** Null when the variable is not set or empty. */
    public String environment(String name) {
        String value = environment.apply(name);
        return value == null || value.isEmpty() ? null : value;
    }

    public String region() {
        return plan.sts().region();
    }

    /** Whether the environment asks for FIPS endpoints; an address that is named outright is taken as it is. */
    private boolean fips() {
        return "true".equalsIgnoreCase(environment("AWS_USE_FIPS_ENDPOINT"));
    }

    /** The address of STS: the plan's, else the environment's, else the regional endpoint in the region's partition. */
    public String address() {
        if (plan.sts().endpoint() != null) {
            return plan.sts().endpoint();
        }
        for (String variable : ENDPOINT_VARIABLES) {
            if (environment(variable) != null) {
                return environment(variable);
            }
        }
        return StsAddress.of(region(), fips());
    }

    /** Throws FailureException (PLAN) for an address that nobody can ask. */
    void checkAddress() {
        String from = "sts.endpoint in the declaration";
        if (plan.sts().endpoint() == null) {
            from = environment(ENDPOINT_VARIABLES[0]) != null ? ENDPOINT_VARIABLES[0] : ENDPOINT_VARIABLES[1];
        }
        StsAddress.check(address(), from);
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
            return filled(hop, value, "environment variable " + reference.environmentVariable() + " is not set",
                "set it there, or use external_id: {file: PATH}");
        }
        try {
            String content = new String(Files.readAllBytes(Paths.get(reference.file())), StandardCharsets.UTF_8);
            return filled(hop, content, "file " + reference.file() + " is empty", "write it there");
        } catch (IOException | InvalidPathException unreadable) {
            throw unresolvable(hop, "file " + reference.file() + " cannot be read", "put it there");
        }
    }

    /** Without the blanks around it, such as the line end that an editor adds. */
    private static String filled(Hop hop, String value, String otherwise, String advice) {
        if (value == null || value.trim().isEmpty()) {
            throw unresolvable(hop, otherwise, advice);
        }
        return value.trim();
    }

    private static FailureException unresolvable(Hop hop, String what, String advice) {
        return new FailureException(hop.plan("the external id cannot be resolved: " + what + " on host " + host(), advice));
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "(unnamed)";
        }
    }
}

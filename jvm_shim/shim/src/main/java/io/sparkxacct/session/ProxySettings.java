package io.sparkxacct.session;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;

/** The proxy that S3A's own settings name, for the calls of STS: fs.s3a.proxy.host and its like. Shows no password. */
public final class ProxySettings {
    private static final String PREFIX = "fs.s3a.proxy.";
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final String host;
    private final int port;
    private final boolean secured;
    private final String username;
    private final String password;
    private final String domain;
    private final String workstation;

    private ProxySettings(Configuration configuration, String host) {
        this.host = host;
        this.secured = configuration.getBoolean(PREFIX + "ssl.enabled", false);
        // Hadoop's own default goes by the protocol to S3: S3AUtils.initProxySupport.
        this.port = port(configuration, configuration.getBoolean("fs.s3a.connection.ssl.enabled", true) ? HTTPS_PORT : HTTP_PORT);
        this.username = secret(configuration, "username");
        this.password = secret(configuration, "password");
        this.domain = configuration.getTrimmed(PREFIX + "domain");
        this.workstation = configuration.getTrimmed(PREFIX + "workstation");
        if ((username == null) != (password == null)) {
            throw wrong(PREFIX + "username and " + PREFIX + "password must be set both or not at all");
        }
    }

    /** Null when no proxy is set. Throws FailureException (PLAN) for settings that S3A refuses, too. */
    static ProxySettings of(Configuration configuration) {
        String host = configuration.getTrimmed(PREFIX + "host", "");
        return host.isEmpty() ? null : new ProxySettings(configuration, host);
    }

    public String host() {
        return host;
    }

    public int port() {
        return port;
    }

    /** Whether the proxy itself is spoken to by TLS. */
    public boolean secured() {
        return secured;
    }

    /** Null when the proxy asks for none. */
    public String username() {
        return username;
    }

    /** Null when the proxy asks for none. */
    public String password() {
        return password;
    }

    /** Null unless the proxy asks for NTLM. */
    public String domain() {
        return domain;
    }

    /** Null unless the proxy asks for NTLM. */
    public String workstation() {
        return workstation;
    }

    @Override
    public String toString() {
        return "proxy " + host + ":" + port;
    }

    private static int port(Configuration configuration, int usual) {
        try {
            int port = configuration.getInt(PREFIX + "port", usual);
            return port < 0 ? usual : port;
        } catch (NumberFormatException text) {
            throw wrong(PREFIX + "port is not a number: " + configuration.get(PREFIX + "port"));
        }
    }

    /** By Hadoop's credential providers first, as S3A reads both. */
    private static String secret(Configuration configuration, String name) {
        try {
            char[] value = configuration.getPassword(PREFIX + name);
            return value == null || value.length == 0 ? null : new String(value).trim();
        } catch (IOException unreadable) {
            throw wrong(PREFIX + name + " cannot be read: " + unreadable);
        }
    }

    private static FailureException wrong(String problem) {
        return new FailureException(Failure.plan(problem, "correct it: STS is asked through S3A's proxy"));
    }
}

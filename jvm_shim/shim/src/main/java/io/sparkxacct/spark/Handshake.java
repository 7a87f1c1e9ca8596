package io.sparkxacct.spark;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;

/** What the driver tells each executor at its start, through Spark's own settings: no secret. */
final class Handshake {
    private static final String CHANNEL = "channel";
    private static final String RUN = "run";

    private final Channel.Kind channel;
    private final String run;

    private Handshake(Channel.Kind channel, String run) {
        this.channel = channel;
        this.run = run;
    }

    static Handshake drawn(Channel.Kind channel) {
        return new Handshake(channel, Long.toHexString(new SecureRandom().nextLong()));
    }

    /** Null when the driver's half has not started. */
    static Handshake read(Map<String, String> told) {
        String channel = told == null ? null : told.get(CHANNEL);
        return channel == null ? null : new Handshake(Channel.Kind.valueOf(channel), told.get(RUN));
    }

    Channel.Kind channel() {
        return channel;
    }

    /** Tells one driver's seal from another's. */
    String run() {
        return run;
    }

    Map<String, String> toMap() {
        Map<String, String> told = new HashMap<>();
        told.put(CHANNEL, channel.name());
        told.put(RUN, run);
        return told;
    }
}

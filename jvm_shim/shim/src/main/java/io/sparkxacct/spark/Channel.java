package io.sparkxacct.spark;

import java.util.Locale;
import java.util.Objects;

/** How role sessions get from the driver to executors, or that they do not, and why. Immutable; made by {@link ChannelRule}. */
final class Channel {
    enum Kind {
        /** Driver and executor are one JVM. */
        LOCAL,
        /** Spark's own RPC is authenticated and encrypted. */
        PROTECTED,
        /** Spark's RPC is open; messages are closed by {@link Seal}. */
        SEALED,
        /** Spark's RPC is open, and somebody has said that this is all right. */
        UNPROTECTED_ON_PURPOSE,
        /** There is no broker; executors ask STS. */
        NONE
    }

    private final Kind kind;
    private final String reason;
    private final String remedy;

    private Channel(Kind kind, String reason, String remedy) {
        this.kind = kind;
        this.reason = Objects.requireNonNull(reason, "reason");
        this.remedy = remedy;
    }

    static Channel of(Kind kind, String reason) {
        return new Channel(kind, reason, null);
    }

    /** @param remedy the settings with which there would be one */
    static Channel none(String reason, String remedy) {
        return new Channel(Kind.NONE, reason, Objects.requireNonNull(remedy, "remedy"));
    }

    Kind kind() {
        return kind;
    }

    /** Whether the driver answers executors. */
    boolean isOpen() {
        return kind != Kind.NONE;
    }

    /** Why it is this kind; without the remedy. */
    String reason() {
        return reason;
    }

    /** For the log, without numbers. */
    String words() {
        return remedy == null ? "executors get role sessions from the driver: " + reason
            : "executors ask STS themselves: " + reason + "; with " + remedy + " they get role sessions from the driver";
    }

    /** For the log. {@code with}, {@code without}: calls of STS in an hour with a broker and without one. */
    String words(long with, long without) {
        return remedy == null ? "executors get role sessions from the driver, " + calls(with) + " instead of " + number(without) + ": " + reason
            : "executors ask STS themselves, " + calls(without) + ": " + reason + "; with " + remedy
                + " they get role sessions from the driver, " + calls(with);
    }

    /** For the log, where nobody knows how many executors there will be. {@code each}: calls of STS in an hour of a JVM that asks it. */
    String words(long each) {
        return remedy == null ? "executors get role sessions from the driver, " + calls(each) + " in all instead of as many in each JVM: " + reason
            : "executors ask STS themselves, " + calls(each) + " in each JVM: " + reason + "; with " + remedy
                + " they get role sessions from the driver, " + calls(each) + " in all";
    }

    @Override
    public String toString() {
        return kind + ": " + words();
    }

    private static String calls(long number) {
        return number(number) + (number == 1 ? " STS call an hour" : " STS calls an hour");
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}

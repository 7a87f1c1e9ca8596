package io.sparkxacct.spark;

/** What the plugin of this JVM knows beside its role sessions, for status and metrics. Immutable. */
public final class PluginState {
    private static volatile PluginState current;

    private final String process;
    private final Channel.Kind channel;
    private final String words;
    private final ExecutorTally executors;

    private PluginState(String process, Channel.Kind channel, String words, ExecutorTally executors) {
        this.process = process;
        this.channel = channel;
        this.words = words;
        this.executors = executors;
    }

    /** Null where the plugin has not started, has found no plan, or has ended. */
    public static PluginState current() {
        return current;
    }

    /** @param words of the channel */
    static PluginState ofDriver(Channel channel, String words, ExecutorTally executors) {
        boolean asked = channel.isOpen() && channel.kind() != Channel.Kind.LOCAL;
        return new PluginState("driver", channel.kind(), words, asked ? executors : null);
    }

    /** @param id null where Spark does not say it */
    static PluginState ofExecutor(String id, Channel.Kind channel) {
        return new PluginState(id == null ? "executor" : "executor " + id, channel, null, null);
    }

    /** Null: there is no plugin any more. */
    static void put(PluginState state) {
        current = state;
    }

    /** "driver", or "executor" and its id. */
    public String process() {
        return process;
    }

    /** A word of {@link Channel.Kind}. */
    public String channel() {
        return channel.name();
    }

    /** What the channel is, why, and what it saves; null in an executor. */
    public String words() {
        return words;
    }

    /** What executors have counted; null in an executor, and in a driver that none can ask. */
    public ExecutorTally executors() {
        return executors;
    }
}

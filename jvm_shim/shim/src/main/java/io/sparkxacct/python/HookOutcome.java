package io.sparkxacct.python;

/** Whether the Python processes of this JVM find its role sessions, and if not why not. Immutable. */
public final class HookOutcome {
    /** Whether they do. */
    public enum State {
        ON,
        NOT_NEEDED,
        OFF
    }

    static final HookOutcome ON = new HookOutcome(State.ON, null);
    static final HookOutcome NOT_NEEDED = new HookOutcome(State.NOT_NEEDED, null);

    private final State state;
    private final String reason;

    private HookOutcome(State state, String reason) {
        this.state = state;
        this.reason = reason;
    }

    static HookOutcome off(String reason) {
        return new HookOutcome(State.OFF, reason);
    }

    public State state() {
        return state;
    }

    /** One line for people; null unless the state is OFF. */
    public String reason() {
        return reason;
    }

    @Override
    public String toString() {
        return reason == null ? state.name() : state + ": " + reason;
    }
}

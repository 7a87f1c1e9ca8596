package io.sparkxacct.session;

/** What was done for a refused session. */
public enum Forced {
    /** Another one is being fetched from now on. */
    STARTED,
    /** Another one is being fetched already. */
    UNDER_WAY,
    /** Another one is at hand. */
    REPLACED,
    /** Nothing: forced too recently, backing off, or none at hand. */
    NOT_NOW
}

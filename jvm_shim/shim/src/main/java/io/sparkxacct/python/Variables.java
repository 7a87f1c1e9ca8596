package io.sparkxacct.python;

/** The environment variables that processes started from here inherit. */
interface Variables {
    /** Null for what is not set. */
    String get(String name);

    /** {@code value} null takes it away. Throws IllegalStateException, in words, when it cannot be changed. */
    void set(String name, String value);
}

package io.sparkxacct.testkit;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What was written to standard error, which is where the tests' loggers write, while something ran. */
public record StandardError(String text) {
    public static StandardError of(Runnable work) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            work.run();
        } finally {
            System.setErr(before);
        }
        return new StandardError(bytes.toString(StandardCharsets.UTF_8));
    }

    /** How often a text occurs. */
    public int count(String part) {
        return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
    }
}

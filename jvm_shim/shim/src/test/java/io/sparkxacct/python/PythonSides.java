package io.sparkxacct.python;

import java.nio.file.Path;

/** What Python gets from a JVM, as others see it. */
public final class PythonSides {
    private PythonSides() {
    }

    public static PythonSide on(String folder) {
        return new PythonSide(HookOutcome.ON, Path.of(folder));
    }

    public static PythonSide off(String reason) {
        return new PythonSide(HookOutcome.off(reason), null);
    }
}

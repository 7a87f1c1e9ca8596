package io.sparkxacct.python;

import io.sparkxacct.session.Clock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Another JVM with the classes of the tests, for what depends on a process: its umask, its end, what it opens to reflection. */
final class ChildJvm implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;

    private ChildJvm(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream()));
    }

    /** {@code shell} comes before it, as "umask 000" does. It does what {@link #main} does with the arguments. */
    static ChildJvm start(String shell, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", shell + " && exec \"$@\"", "sh", System.getProperty("java.home") + "/bin/java",
            "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), ChildJvm.class.getName()));
        command.addAll(List.of(arguments));
        return new ChildJvm(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    String line() throws IOException {
        return output.readLine();
    }

    /** By SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    /** "folder DIRECTORY" makes a folder there, prints its path and stays; "environment" prints what comes of changing that. */
    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("folder")) {
            EndpointFolder folder = EndpointFolder.create(
                List.of(Path.of(arguments[1])), EndpointFolder.nameOfThisJvm(), Map.of("partner.token", "secret"), Clock.system());
            System.out.println(folder.path());
            System.in.read();
            return;
        }
        try {
            new JvmEnvironment().set("SPARK_XACCT_ENDPOINT", "/folder");
            System.out.println("changed");
        } catch (IllegalStateException closed) {
            System.out.println(closed.getMessage());
        }
    }
}

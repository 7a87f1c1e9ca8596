package io.sparkxacct.benchmarks;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Collection;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import software.amazon.awssdk.core.util.VersionInfo;

/** Runs both sides in one go and prints a small table. Argument: short (default) or full. */
public final class Main {
    private Main() {
    }

    public static void main(String[] arguments) throws Exception {
        boolean full = arguments.length > 0 && arguments[0].equals("full");
        PrintStream out = System.out;
        out.printf("spark-xacct beside AWS SDK v2 %s, JDK %s, %d cores, %s run%n%n", VersionInfo.SDK_VERSION,
            System.getProperty("java.version"), Runtime.getRuntime().availableProcessors(), full ? "full" : "short");
        printRefreshWaits(out);
        printReads(out, full);
    }

    private static void printRefreshWaits(PrintStream out) throws Exception {
        out.printf("%-48s %10s %10s %14s %10s%n", "4 readers, one refresh, STS takes 2 s", "longest", "p99.9", "waits > 1 ms", "STS calls");
        print(out, "  spark-xacct S3ARoleCredentialsProvider", RefreshWait.ofSparkXacct());
        print(out, "  SDK v2 StsAssumeRoleCredentialsProvider", RefreshWait.ofSdk());
        print(out, "  constant credentials (noise of this machine)", RefreshWait.ofConstant());
        out.println();
    }

    private static void print(PrintStream out, String side, RefreshWait.Result result) {
        out.printf("%-48s %7.2f ms %7.3f ms %6d of %5d %9d%n", side, milliseconds(result.longest()), milliseconds(result.p999()),
            result.overOneMillisecond(), result.reads(), result.stsCalls());
    }

    private static double milliseconds(Duration duration) {
        return duration.toNanos() / 1e6;
    }

    private static void printReads(PrintStream out, boolean full) throws Exception {
        out.printf("%-48s %14s %14s%n", "resolveCredentials on a fresh session", "1 thread", "4 threads");
        Collection<RunResult> one = run(1, full);
        Collection<RunResult> four = run(4, full);
        for (String side : new String[] {"spark-xacct", "sdk"}) {
            String name = side.equals("sdk") ? "  SDK v2 StsAssumeRoleCredentialsProvider" : "  spark-xacct S3ARoleCredentialsProvider";
            out.printf("%-48s %8.1f ns/op %8.1f ns/op%n", name, score(one, side), score(four, side));
        }
    }

    private static Collection<RunResult> run(int threads, boolean full) throws Exception {
        ChainedOptionsBuilder options = new OptionsBuilder()
            .include(ResolveCredentials.class.getName())
            .threads(threads)
            .forks(full ? 3 : 1)
            .warmupIterations(full ? 5 : 3)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(full ? 10 : 4)
            .measurementTime(TimeValue.seconds(1))
            .verbosity(VerboseMode.SILENT);
        return new Runner(options.build()).run();
    }

    private static double score(Collection<RunResult> results, String side) {
        return results.stream().filter(result -> result.getParams().getParam("side").equals(side)).findFirst().orElseThrow()
            .getPrimaryResult().getScore();
    }
}

package io.sparkxacct.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/** One read of a session that is fresh, which S3A makes before every request. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ResolveCredentials {
    @Param({"spark-xacct", "sdk"})
    public String side;

    private LoopbackSts sts;
    private AwsCredentialsProvider provider;

    @Setup
    public void open() throws IOException {
        sts = new LoopbackSts(Duration.ofHours(1), Duration.ZERO);
        provider = side.equals("sdk") ? Peers.sdk(sts) : Peers.sparkXacct(sts);
        provider.resolveCredentials();
    }

    @Benchmark
    public AwsCredentials resolveCredentials() {
        return provider.resolveCredentials();
    }

    @TearDown
    public void close() {
        if (sts.calls() != 1) {
            throw new IllegalStateException(side + " made " + sts.calls() + " calls: this was no fresh session");
        }
        sts.close();
    }
}

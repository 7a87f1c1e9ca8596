package io.sparkxacct.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/** How long readers wait while one refresh happens and STS takes two seconds for it. */
final class RefreshWait {
    /** Waits of all readers together. */
    record Result(Duration longest, Duration p999, long overOneMillisecond, long reads, int stsCalls) {
    }

    private static final Duration LENGTH = Duration.ofMillis(5_700);
    private static final int READERS = 4;
    private static final Duration STS_DELAY = Duration.ofSeconds(2);
    private static final Duration PAUSE = Duration.ofNanos(200_000);

    private RefreshWait() {
    }

    /** Refreshed at 3 s, which is half of this life; over at 6 s. */
    static Result ofSparkXacct() throws IOException, InterruptedException {
        try (LoopbackSts sts = new LoopbackSts(Duration.ofSeconds(6), STS_DELAY)) {
            return measure(Peers.sparkXacct(sts), sts);
        }
    }

    /** The SDK prefetches at a random moment from 5 to 2 min before the end: here within 3 s. */
    static Result ofSdk() throws IOException, InterruptedException {
        try (LoopbackSts sts = new LoopbackSts(Duration.ofSeconds(123), STS_DELAY)) {
            return measure(Peers.sdk(sts), sts);
        }
    }

    /** The same readers on credentials that never change: what this machine does to anybody. */
    static Result ofConstant() throws IOException, InterruptedException {
        try (LoopbackSts sts = new LoopbackSts(Duration.ofHours(1), STS_DELAY)) {
            return measure(new FixedBase(), sts);
        }
    }

    private static Result measure(AwsCredentialsProvider provider, LoopbackSts sts) throws InterruptedException {
        provider.resolveCredentials();
        long end = System.nanoTime() + LENGTH.toNanos();
        List<Reader> readers = new ArrayList<>();
        for (int reader = 0; reader < READERS; reader++) {
            readers.add(new Reader(provider, end));
        }
        readers.forEach(Thread::start);
        for (Reader reader : readers) {
            reader.join();
        }
        long[] waits = readers.stream().flatMapToLong(reader -> Arrays.stream(reader.waits, 0, reader.count)).sorted().toArray();
        long over = Arrays.stream(waits).filter(wait -> wait > 1_000_000).count();
        return new Result(Duration.ofNanos(waits[waits.length - 1]), Duration.ofNanos(waits[(int) (waits.length * 0.999)]), over,
            waits.length, sts.calls());
    }

    /** Reads like a client that makes a request now and then. */
    private static final class Reader extends Thread {
        private final long[] waits = new long[200_000];
        private final AwsCredentialsProvider provider;
        private final long end;
        private int count;

        Reader(AwsCredentialsProvider provider, long end) {
            this.provider = provider;
            this.end = end;
        }

        @Override
        public void run() {
            for (long start = System.nanoTime(); start < end && count < waits.length; start = System.nanoTime()) {
                provider.resolveCredentials();
                waits[count++] = System.nanoTime() - start;
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }
}

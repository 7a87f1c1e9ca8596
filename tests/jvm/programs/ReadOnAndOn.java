import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Reads one file in some threads until standard input ends, then prints how often, and a line for each failure.
 * Arguments: URI, threads, milliseconds between reads, then settings as name=value.
 */
public final class ReadOnAndOn {
    public static void main(String[] arguments) throws Exception {
        Configuration configuration = new Configuration();
        for (int index = 3; index < arguments.length; index++) {
            String[] setting = arguments[index].split("=", 2);
            configuration.set(setting[0], setting[1]);
        }
        Path path = new Path(arguments[0]);
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger reads = new AtomicInteger();
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int number = 0; number < Integer.parseInt(arguments[1]); number++) {
            Thread thread = new Thread(() -> {
                while (!ended.get()) {
                    try (InputStream stream = FileSystem.get(URI.create(arguments[0]), configuration).open(path)) {
                        stream.readAllBytes();
                        reads.incrementAndGet();
                        Thread.sleep(Long.parseLong(arguments[2]));
                    } catch (Exception failure) {
                        failures.add(failure.toString().replace('\n', ' '));
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        System.in.readAllBytes();
        ended.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println(reads);
        failures.forEach(System.out::println);
    }
}

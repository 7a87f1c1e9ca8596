package io.sparkxacct.sts2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.testkit.PlanTexts;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

class Sts2LineTest {
    private static final List<Recorded> MADE = new CopyOnWriteArrayList<>();
    private static final AtomicInteger REFRESHED = new AtomicInteger();

    @Test
    void aBaseThatIsForgottenIsClosedAndMadeAnew() {
        Sts2Line line = new Sts2Line(new StsInputs(PlanReader.fromJson(PlanTexts.json(
            PlanTexts.base(Recorded.class.getName()), "http://sts", "", "", "@deny")), "r1", "ana", name -> null, new Configuration(false)));

        assertEquals("AKIA10", line.baseCredentials().accessKeyId());
        assertEquals("AKIA10", line.baseCredentials().accessKeyId());
        line.forgetBase();
        assertEquals("AKIA20", line.baseCredentials().accessKeyId());

        line.close();
        assertEquals("1 1", MADE.get(0).closed + " " + MADE.get(1).closed);
    }

    /** Whose key says how many there were before it, and how often one was refreshed. */
    public static final class Recorded implements AwsCredentialsProvider, AutoCloseable {
        private int closed;

        public Recorded() {
            MADE.add(this);
        }

        @Override
        public AwsCredentials resolveCredentials() {
            return AwsBasicCredentials.create("AKIA" + MADE.size() + REFRESHED.get(), "s");
        }

        @Override
        public void close() {
            closed++;
        }
    }
}

package io.sparkxacct.sts1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.testkit.PlanTexts;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class Sts1LineTest {
    private static final List<Recorded> MADE = new CopyOnWriteArrayList<>();
    private static final AtomicInteger REFRESHED = new AtomicInteger();

    @Test
    void aBaseThatIsForgottenIsClosedAndMadeAnew() {
        Sts1Line line = new Sts1Line(new StsInputs(PlanReader.fromJson(PlanTexts.json(
            PlanTexts.base(Recorded.class.getName()), "http://sts", "", "", "@deny")), "r1", "ana", name -> null, new Configuration(false)));

        assertEquals("AKIA10", line.baseCredentials().accessKeyId());
        assertEquals("AKIA10", line.baseCredentials().accessKeyId());
        line.forgetBase();
        assertEquals("AKIA21", line.baseCredentials().accessKeyId());

        line.close();
        assertEquals("1 1", MADE.get(0).closed + " " + MADE.get(1).closed);
    }

    /** Whose key says how many there were before it, and how often one was refreshed. */
    public static final class Recorded implements AWSCredentialsProvider, AutoCloseable {
        private int closed;

        public Recorded() {
            MADE.add(this);
        }

        @Override
        public AWSCredentials getCredentials() {
            return new BasicAWSCredentials("AKIA" + MADE.size() + REFRESHED.get(), "s");
        }

        @Override
        public void refresh() {
            REFRESHED.incrementAndGet();
        }

        @Override
        public void close() {
            closed++;
        }
    }
}

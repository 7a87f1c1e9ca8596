package io.sparkxacct.sts2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.testkit.PlanTexts;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

class Sts2LineTest {
    private static final String SETTING = "com.corp.key";
    private static final List<Recorded> MADE = new CopyOnWriteArrayList<>();

    @Test
    void aBaseThatIsForgottenIsClosedAndMadeAnew() {
        MADE.clear();
        Sts2Line line = new Sts2Line(inputs(Recorded.class, settings()));

        assertEquals("AKIA1", line.baseCredentials().accessKeyId());
        assertEquals("AKIA1", line.baseCredentials().accessKeyId());
        line.forgetBase();
        assertEquals("AKIA2", line.baseCredentials().accessKeyId());

        line.close();
        assertEquals("1 1", MADE.get(0).closed + " " + MADE.get(1).closed);
    }

    @Test
    void aBaseThatIsMadeAnewHasTheSettingsOfTheFirst() {
        Sts2Line line = new Sts2Line(inputs(FromSettings.class, settings(SETTING, "AKIACORP")));
        line.baseCredentials();
        System.gc();
        line.forgetBase();

        assertEquals("AKIACORP", line.baseCredentials().accessKeyId());
    }

    @Test
    void aProxyThatCannotWorkIsSaidByTheCallAndLeavesNoBaseBehind() {
        MADE.clear();
        StsInputs inputs = inputs(Recorded.class, settings("fs.s3a.proxy.host", "proxy.corp", "fs.s3a.proxy.username", "ana"));
        Sts2Line line = new Sts2Line(inputs);
        RoleSession base = line.baseCredentials();
        line.baseCredentials();

        assertEquals(1, MADE.size());
        assertEquals("fs.s3a.proxy.username and fs.s3a.proxy.password must be set both or not at all; correct it: STS is asked through S3A's proxy",
            assertThrows(FailureException.class, () -> line.callerArn(base)).getMessage());
        line.close();
        assertEquals(1, MADE.get(0).closed);
    }

    private static StsInputs inputs(Class<?> base, Configuration configuration) {
        return new StsInputs(PlanReader.fromJson(PlanTexts.json(PlanTexts.base(base.getName()), "http://sts", "", "", "@deny")),
            "r1", "ana", name -> null, configuration);
    }

    private static Configuration settings(String... namesAndValues) {
        Configuration configuration = new Configuration(false);
        for (int index = 0; index < namesAndValues.length; index += 2) {
            configuration.set(namesAndValues[index], namesAndValues[index + 1]);
        }
        return configuration;
    }

    /** A company's own, whose key stands in the settings. */
    public static final class FromSettings implements AwsCredentialsProvider {
        private final String key;

        public FromSettings(Configuration configuration) {
            this.key = configuration.get(SETTING, "none");
        }

        @Override
        public AwsCredentials resolveCredentials() {
            return AwsBasicCredentials.create(key, "s");
        }
    }

    /** Whose key says how many were made. */
    public static final class Recorded implements AwsCredentialsProvider, AutoCloseable {
        private int closed;

        public Recorded() {
            MADE.add(this);
        }

        @Override
        public AwsCredentials resolveCredentials() {
            return AwsBasicCredentials.create("AKIA" + MADE.size(), "s");
        }

        @Override
        public void close() {
            closed++;
        }
    }
}

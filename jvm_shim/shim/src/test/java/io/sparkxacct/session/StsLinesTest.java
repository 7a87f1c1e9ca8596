package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.testkit.PlanTexts;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class StsLinesTest {
    private static final Function<String, Class<?>> BOTH = StsLinesTest::real;
    private static final Function<String, Class<?>> ONLY_V1 = name -> name.startsWith("software.") ? null : real(name);
    private static final Function<String, Class<?>> ONLY_V2 = name -> name.startsWith("com.amazonaws.") ? null : real(name);
    private static final Function<String, Class<?>> V2_WITHOUT_STS = name -> name.contains(".services.sts.") || name.startsWith("com.amazonaws.")
        ? null : real(name);
    private static final String ENV_V1 = "com.amazonaws.auth.EnvironmentVariableCredentialsProvider";
    private static final String ENV_V2 = "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider";

    @Test
    void theNewerSdkIsTakenWhereItIs() {
        assertEquals(StsLines.SDK_V2, chosen(base(ENV_V1, ENV_V2), BOTH));
        assertEquals(StsLines.SDK_V2, chosen(base(ENV_V1, ENV_V2), ONLY_V2));
        assertEquals(StsLines.SDK_V1, chosen(base(ENV_V1, ENV_V2), ONLY_V1));
    }

    @Test
    void aBaseThatOneSdkCannotServeIsServedByTheOther() {
        assertEquals(StsLines.SDK_V2, chosen(base(null, ENV_V2), BOTH));
        assertEquals(StsLines.SDK_V1, chosen(base(ENV_V1, null), BOTH));
    }

    @Test
    void aCompanysClassDecidesByTheSdkItIsWrittenFor() {
        assertEquals(StsLines.SDK_V1, chosen(base(ENV_V1, ENV_V1), BOTH));
        assertEquals(StsLines.SDK_V2, chosen(base(ENV_V2, ENV_V2), BOTH));
    }

    @Test
    void aClassThatIsNowhereIsReportedWhenItIsLoaded() {
        assertEquals(StsLines.SDK_V2, chosen(base("a.B", "a.B"), BOTH));
    }

    @Test
    void nothingThatServesIsSaidSdkBySdk() {
        String fix = "; add software.amazon.awssdk:sts and apache-client, or com.amazonaws:aws-java-sdk-sts, in the version of the SDK that is there";

        assertEquals("no AWS SDK beside this jar can call STS (AWS SDK v2: class software.amazon.awssdk.services.sts.StsClient is not on the class"
            + " path; AWS SDK v1: class com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder is not on the class path)" + fix,
            message(base(ENV_V1, ENV_V2), V2_WITHOUT_STS));
        assertEquals("no AWS SDK beside this jar can call STS (AWS SDK v2: base class " + ENV_V1 + " is no"
            + " software.amazon.awssdk.auth.credentials.AwsCredentialsProvider; AWS SDK v1: cannot serve base class)" + fix,
            message(base(null, ENV_V1), BOTH));
    }

    @Test
    void theConfigurationsLoaderHasNoSayInWhereAnSdkIs() {
        assertEquals(StsLines.SDK_V1, StsLines.choose(base(ENV_V1, ENV_V2), ONLY_V1, BOTH));
    }

    @Test
    void anAddressThatNobodyCanAskIsAFaultOfThePlan() {
        String withoutScheme = "the address of STS \"sts.internal\" is not valid: it needs the form https://HOST; correct sts.endpoint in the declaration";
        String withoutHost = "the address of STS \"https://\" is not valid: Expected authority; correct sts.endpoint in the declaration";
        String withoutPort = "the address of STS \"https://sts:65536\" is not valid: its port is not among 1 to 65535; correct sts.endpoint in the declaration";

        assertEquals(withoutPort, opened("https://sts:65536"));
        assertEquals(withoutScheme, opened("sts.internal"));
        assertEquals(withoutHost, opened("https://"));
    }

    private static String opened(String endpoint) {
        StsInputs inputs = new StsInputs(PlanReader.fromJson(PlanTexts.json("{\"kind\":\"env\"}", endpoint, "", "", "@deny")), "r1", "ana",
            name -> null, new Configuration(false));
        FailureException failed = assertThrows(FailureException.class, () -> StsLines.SDK_V2.open(inputs));
        assertEquals(Failure.Kind.PLAN, failed.failure().kind());
        return failed.getMessage();
    }

    private static StsLines chosen(Plan.Base base, Function<String, Class<?>> classes) {
        return StsLines.choose(base, classes, classes);
    }

    private static String message(Plan.Base base, Function<String, Class<?>> classes) {
        return assertThrows(FailureException.class, () -> chosen(base, classes)).getMessage();
    }

    private static Plan.Base base(String v1, String v2) {
        String fields = "\"kind\":\"class\"" + (v1 == null ? "" : ",\"v1\":\"" + v1 + "\"") + (v2 == null ? "" : ",\"v2\":\"" + v2 + "\"");
        return PlanReader.fromJson(PlanTexts.json("{" + fields + "}", "http://sts", "", "", "@deny")).base();
    }

    private static Class<?> real(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException absent) {
            return null;
        }
    }
}

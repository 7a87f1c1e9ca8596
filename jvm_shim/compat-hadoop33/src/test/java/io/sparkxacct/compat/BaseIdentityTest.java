package io.sparkxacct.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.JvmSessions;
import io.sparkxacct.sts1.Sts1Line;
import io.sparkxacct.testkit.BaseIdentityTests;
import io.sparkxacct.testkit.PlanTexts;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class BaseIdentityTest extends BaseIdentityTests {
    private static final String SDK = "com.amazonaws.auth.";
    private static final Map<String, String> CLASSES = Map.of(
        "irsa", "io.sparkxacct.sts1.WebIdentityCredentialsProvider",
        "container", SDK + "EC2ContainerCredentialsProviderWrapper",
        "instance-profile", SDK + "InstanceProfileCredentialsProvider",
        "emr-runtime-role", SDK + "DefaultAWSCredentialsProviderChain",
        "env", SDK + "EnvironmentVariableCredentialsProvider",
        "profile", SDK + "profile.ProfileCredentialsProvider");

    BaseIdentityTest() {
        super(Sts1Line::new);
    }

    @Override
    protected String classOf(String kind) {
        return CLASSES.get(kind);
    }

    @Override
    protected String chainOfTheInstance() {
        return InstanceChain.class.getName();
    }

    @Test
    void podIdentityIsRefusedInWordsWhereOnlyThisSdkIs() {
        Configuration configuration = new Configuration(false);
        configuration.set(Keys.PLAN, PlanTexts.packed(PlanTexts.json(
            "{\"kind\":\"pod-identity\",\"v2\":\"software.amazon.awssdk.auth.credentials.ContainerCredentialsProvider\"}",
            "http://127.0.0.1:1", "", "\"scratch\":\"@base\"", "@deny")));

        String message = assertThrows(FailureException.class, () -> JvmSessions.activate(configuration)).getMessage();

        assertEquals("no AWS SDK beside this jar can call STS (AWS SDK v2: class software.amazon.awssdk.services.sts.StsClient is not on the class"
            + " path; AWS SDK v1: cannot serve base pod-identity); add software.amazon.awssdk:sts and apache-client, or"
            + " com.amazonaws:aws-java-sdk-sts, in the version of the SDK that is there", message);
    }
}

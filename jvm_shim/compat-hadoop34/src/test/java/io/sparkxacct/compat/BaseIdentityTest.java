package io.sparkxacct.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sparkxacct.sts2.Sts2Line;
import io.sparkxacct.testkit.BaseIdentityTests;
import io.sparkxacct.testkit.LoopbackIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseIdentityTest extends BaseIdentityTests {
    private static final String SDK = "software.amazon.awssdk.auth.credentials.";
    private static final Map<String, String> CLASSES = Map.of(
        "irsa", "io.sparkxacct.sts2.WebIdentityCredentialsProvider",
        "pod-identity", SDK + "ContainerCredentialsProvider",
        "container", SDK + "ContainerCredentialsProvider",
        "instance-profile", SDK + "InstanceProfileCredentialsProvider",
        "emr-runtime-role", SDK + "DefaultCredentialsProvider",
        "env", SDK + "EnvironmentVariableCredentialsProvider",
        "profile", SDK + "ProfileCredentialsProvider");

    @TempDir
    Path tokens;

    BaseIdentityTest() {
        super(Sts2Line::new);
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
    void podIdentityWithItsTokenInAFile() throws IOException {
        Path token = Files.writeString(tokens.resolve("token"), LoopbackIdentity.CONTAINER_TOKEN);
        environment().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", host().endpoint() + "/container")
            .set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.toString());

        assertEquals(LoopbackIdentity.CONTAINER_KEY, base("pod-identity", null).accessKeyId());
    }
}

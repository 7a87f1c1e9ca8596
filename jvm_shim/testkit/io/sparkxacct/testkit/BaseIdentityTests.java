package io.sparkxacct.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.RoleSession;
import io.sparkxacct.session.StsInputs;
import io.sparkxacct.session.StsLine;
import io.sparkxacct.session.StsSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every base identity that one SDK can serve, by the class that plans carry for it. */
public abstract class BaseIdentityTests {
    @TempDir
    Path directory;

    private final Function<StsInputs, StsLine> line;
    private final TestEnvironment environment = new TestEnvironment();
    private LoopbackIdentity host;
    private LoopbackSts sts;

    protected BaseIdentityTests(Function<StsInputs, StsLine> line) {
        this.line = line;
    }

    /** The provider class of a kind for this SDK; as in spark_xacct/model/bases.py. */
    protected abstract String classOf(String kind);

    /** A class that is a chain of this SDK, as the default one is, but remembers nothing of another test: only the instance profile is in it. */
    protected abstract String chainOfTheInstance();

    @BeforeEach
    void startServers() {
        host = LoopbackIdentity.start();
        sts = LoopbackSts.start();
        for (String variable : List.of("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_EC2_METADATA_DISABLED",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_PROFILE")) {
            environment.unset(variable);
        }
        // One name each: SDK v1, SDK v2. Nothing outside this machine may answer.
        System.setProperty("com.amazonaws.sdk.ec2MetadataServiceEndpointOverride", host.endpoint());
        System.setProperty("aws.ec2MetadataServiceEndpoint", host.endpoint());
    }

    @AfterEach
    void stopServers() {
        environment.close();
        host.close();
        sts.close();
    }

    @Test
    void env() {
        environment.set("AWS_ACCESS_KEY_ID", "AKIAENV").set("AWS_SECRET_ACCESS_KEY", "s");

        assertEquals("AKIAENV", base("env", null).accessKeyId());
    }

    @Test
    void envWithASessionToken() {
        environment.set("AWS_ACCESS_KEY_ID", "ASIAENV").set("AWS_SECRET_ACCESS_KEY", "s").set("AWS_SESSION_TOKEN", "t");

        assertEquals("t", base("env", null).sessionToken());
    }

    @Test
    void envThatIsNotThere() {
        String message = assertThrows(FailureException.class, () -> base("env", null)).getMessage();

        assertEquals("the base identity (env) gives no credentials: ", message.substring(0, message.indexOf(':') + 2));
        assertEquals("; run this process with it, or change base: in the declaration", message.substring(message.lastIndexOf(';')));
    }

    @Test
    void container() {
        environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", host.endpoint() + "/container")
            .set("AWS_CONTAINER_AUTHORIZATION_TOKEN", LoopbackIdentity.CONTAINER_TOKEN);

        assertEquals(LoopbackIdentity.CONTAINER_KEY, base("container", null).accessKeyId());
    }

    @Test
    void whatTheServerOfTheContainerDoesPasses() {
        environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", host.endpoint() + "/container")
            .set("AWS_CONTAINER_AUTHORIZATION_TOKEN", LoopbackIdentity.CONTAINER_TOKEN);
        host.failing(503);

        assertEquals(Failure.Kind.UNREACHABLE, failure("container").kind());
        host.failing(404);
        assertEquals(Failure.Kind.BASE_MISSING, failure("container").kind());
    }

    @Test
    void aContainerThatIsNotThereYetPasses() {
        environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", host.endpoint() + "/container")
            .set("AWS_CONTAINER_AUTHORIZATION_TOKEN", LoopbackIdentity.CONTAINER_TOKEN);
        host.close();

        assertEquals(Failure.Kind.UNREACHABLE, failure("container").kind());
    }

    @Test
    void theSameCredentialsAreTheSameInstance() {
        environment.set("AWS_ACCESS_KEY_ID", "AKIAENV").set("AWS_SECRET_ACCESS_KEY", "s");
        StsSource source = source("env", null);
        RoleSession first = source.base();
        assertSame(first, source.base());

        environment.set("AWS_SECRET_ACCESS_KEY", "rotated");
        assertNotSame(first, source.base());
        assertEquals("rotated", source.base().secretAccessKey());
    }

    @Test
    void aSourceThatIsClosedStaysClosed() {
        environment.set("AWS_ACCESS_KEY_ID", "AKIAENV").set("AWS_SECRET_ACCESS_KEY", "s");
        StsSource source = source("env", null);
        source.base();
        source.close();

        assertEquals("the plan that asks is no longer in force", assertThrows(FailureException.class, source::base).getMessage());
    }

    @Test
    void instanceProfile() {
        assertEquals(LoopbackIdentity.INSTANCE_KEY, base("instance-profile", null).accessKeyId());
    }

    @Test
    void emrRuntimeRoleIsTheDefaultChain() {
        // The variables, because SDK v1 looks for a container once, when its one chain is made, which another test may have caused.
        environment.set("AWS_ACCESS_KEY_ID", "AKIAENV").set("AWS_SECRET_ACCESS_KEY", "s");

        assertEquals("AKIAENV", base("emr-runtime-role", null).accessKeyId());
    }

    @Test
    void emrRuntimeRoleWhoseHostFailsPassesTwice() {
        host.failing(503);
        StsSource source = sourceOf("emr-runtime-role", chainOfTheInstance(), null);

        List<Failure.Kind> kinds = Stream.generate(() -> assertThrows(FailureException.class, source::base).failure().kind()).limit(3).toList();

        assertEquals(List.of(Failure.Kind.UNREACHABLE, Failure.Kind.UNREACHABLE, Failure.Kind.BASE_MISSING), kinds);
        host.failing(200);
        assertEquals(LoopbackIdentity.INSTANCE_KEY, source.base().accessKeyId());
    }

    @Test
    void profile() throws IOException {
        Path file = Files.writeString(directory.resolve("credentials"),
            "[default]\naws_access_key_id=AKIADEFAULT\naws_secret_access_key=s\n[etl]\naws_access_key_id=AKIAETL\naws_secret_access_key=s\n");
        environment.set("AWS_CREDENTIAL_PROFILES_FILE", file.toString()).set("AWS_SHARED_CREDENTIALS_FILE", file.toString());

        assertEquals("AKIAETL", base("profile", "etl").accessKeyId());
    }

    @Test
    void irsaAsksThePlansStsWithTheTokenOfTheFile() throws IOException {
        environment.set("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/etl").set("AWS_ROLE_SESSION_NAME", "pod-7")
            .set("AWS_WEB_IDENTITY_TOKEN_FILE", Files.writeString(directory.resolve("token"), "web-identity-token\n").toString());

        RoleSession session = base("irsa", null);

        assertEquals("ASIAETL", session.accessKeyId());
        assertTrue(session.expiration().isAfter(Instant.now()));
        LoopbackSts.Request request = sts.requests().get(0);
        assertEquals(null, request.signer());
        assertEquals("{Action=AssumeRoleWithWebIdentity, RoleArn=arn:aws:iam::111122223333:role/etl, RoleSessionName=pod-7, Version=2011-06-15,"
            + " WebIdentityToken=web-identity-token}", request.form().toString());
    }

    @Test
    void irsaThatStsThrottlesPasses() throws IOException {
        environment.set("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/etl")
            .set("AWS_WEB_IDENTITY_TOKEN_FILE", Files.writeString(directory.resolve("token"), "x").toString());
        sts.answering(request -> LoopbackSts.Reply.error(400, "Throttling", "Rate exceeded"));

        assertEquals("THROTTLED: STS throttled (Throttling)", failure("irsa").toString());
        assertEquals(1, sts.requests().size());
    }

    @Test
    void irsaWithoutItsVariable() {
        String message = assertThrows(FailureException.class, () -> base("irsa", null)).getMessage();

        assertEquals("the base identity (irsa) gives no credentials: environment variable AWS_ROLE_ARN is not set, which base irsa needs;"
            + " run this process with it, or change base: in the declaration", message);
    }

    @Test
    void irsaThatStsRefuses() throws IOException {
        environment.set("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/etl")
            .set("AWS_WEB_IDENTITY_TOKEN_FILE", Files.writeString(directory.resolve("token"), "x").toString());
        sts.answering(request -> LoopbackSts.Reply.error(400, "InvalidIdentityToken", "No OpenIDConnect provider found"));

        String message = assertThrows(FailureException.class, () -> base("irsa", null)).getMessage();

        assertEquals("the base identity (irsa) gives no credentials: AssumeRoleWithWebIdentity of arn:aws:iam::111122223333:role/etl was refused"
            + " by STS: InvalidIdentityToken; run this process with it, or change base: in the declaration\nNo OpenIDConnect provider found", message);
    }

    private Failure failure(String kind) {
        return assertThrows(FailureException.class, () -> base(kind, null)).failure();
    }

    protected final RoleSession base(String kind, String profile) {
        return source(kind, profile).base();
    }

    private StsSource source(String kind, String profile) {
        return sourceOf(kind, classOf(kind), profile);
    }

    private StsSource sourceOf(String kind, String className, String profile) {
        String json = PlanTexts.json("{\"kind\":\"" + kind + "\",\"v1\":\"" + className + "\",\"v2\":\"" + className + "\""
            + (profile == null ? "" : ",\"profile\":\"" + profile + "\"") + "}", sts.endpoint(), "", "", "@deny");
        StsInputs inputs = new StsInputs(PlanReader.fromJson(json), "r1", "ana", System::getenv, new Configuration(false));
        return new StsSource(inputs, line.apply(inputs));
    }

    protected final TestEnvironment environment() {
        return environment;
    }

    protected final LoopbackIdentity host() {
        return host;
    }
}

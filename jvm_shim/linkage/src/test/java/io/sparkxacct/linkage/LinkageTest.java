package io.sparkxacct.linkage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.JarVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** No NoSuchMethodError on a release that no other test runs on. */
class LinkageTest {
    private static final Path RELEASES = Path.of("target", "linkage");
    private static final Map<String, ClassFile> JAR = jar();
    /** Hadoop 2 has not the exception that both providers look up by its name: the SDK's own goes out there instead. */
    private static final Map<String, List<String>> DONE_WITHOUT = Map.of("hadoop-2.10.1", List.of(
        "io.sparkxacct.s3a.S3ARoleCredentialsProvider: org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException is not there",
        "io.sparkxacct.s3av1.S3AV1RoleCredentialsProvider: org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException is not there"));

    static List<Release> releases() throws IOException {
        try (Stream<Path> folders = Files.list(RELEASES)) {
            return folders.sorted().map(Release::in).toList();
        }
    }

    static List<Release> sdks() throws IOException {
        return releases().stream().filter(release -> release.toString().startsWith("sdk-")).toList();
    }

    @ParameterizedTest
    @MethodSource("releases")
    void everythingTheJarRefersToIsThere(Release release) {
        Linkage linkage = new Linkage(JAR, release);

        assertEquals(DONE_WITHOUT.getOrDefault(release.toString(), List.of()), linkage.missing());
        assertTrue(linkage.expected().size() > 3, linkage.expected().toString());
    }

    @Test
    void theReleasesAreThoseThatTheProjectNames() throws IOException {
        assertEquals(List.of("hadoop-2.10.1", "hadoop-3.2.1", "hadoop-3.3.4", "hadoop-3.4.1", "hadoop-3.5.0", "metrics-4.2.37", "metrics-4.2.7", "sdk-1.12.262",
            "sdk-1.12.31", "sdk-1.12.797", "sdk-2.20.160", "sdk-2.25.26", "sdk-2.29.52", "sdk-2.35.4", "sdk-2.57.8", "slf4j-1.7.36", "slf4j-2.0.17", "spark-3.1.2", "spark-3.3.4", "spark-3.5.9", "spark-4.0.4", "spark-4.2.0"),
            releases().stream().map(Release::toString).toList());
    }

    @Test
    void nothingButTheseAndTheJdkIsReferredTo() throws IOException {
        Set<String> known = releases().stream().map(Release::prefix).collect(Collectors.toCollection(TreeSet::new));
        known.addAll(List.of("java/", "javax/", "io/sparkxacct/"));

        assertEquals(List.of(), JAR.values().stream().flatMap(file -> file.references.stream()).map(Reference::owner).distinct()
            .filter(owner -> known.stream().noneMatch(owner::startsWith)).toList());
    }

    @ParameterizedTest
    @MethodSource("sdks")
    void everyBaseIdentityOfThePlanIsThere(Release release) throws IOException {
        String line = release.prefix().startsWith("com/amazonaws/") ? "1" : "2";
        String bases = Files.readString(Path.of("..", "..", "spark_xacct", "model", "bases.py"));
        List<String> classes = Pattern.compile("_V" + line + " \\+ \"([\\w.]+)\"").matcher(bases).results()
            .map(found -> release.prefix() + "auth/" + ("2".equals(line) ? "credentials/" : "") + found.group(1).replace('.', '/')).toList();

        assertEquals(List.of(), classes.stream().filter(name -> release.find(name) == null).toList());
        assertTrue(classes.size() >= 5, classes.toString());
    }

    /** Each is a call that compiles against some release and is not in the one below. */
    @ParameterizedTest
    @ValueSource(strings = {
        "true  software/amazon/awssdk/services/sts/StsClient assumeRoot ()V : software.amazon.awssdk.services.sts.StsClient.assumeRoot()V is not there",
        "true  software/amazon/awssdk/services/sts/Gone call ()V : software.amazon.awssdk.services.sts.Gone.call()V is not there",
        "false software/amazon/awssdk/services/sts/StsClient close ()V"
            + " : software.amazon.awssdk.services.sts.StsClient.close()V is of an interface there",
        "true  software/amazon/awssdk/services/sts/StsClient create ()Lsoftware/amazon/awssdk/services/sts/StsClient;"
            + " : software.amazon.awssdk.services.sts.StsClient.create()Lsoftware/amazon/awssdk/services/sts/StsClient; is static there",
    })
    void aCallOfWhatIsNotThereIsNamed(String row) {
        String[] parts = row.split(" : ");
        String[] call = parts[0].split(" +");

        List<String> missing = missing(calling(call[1], call[2], call[3], Boolean.parseBoolean(call[0])));

        assertTrue(missing.contains("control.Caller: " + parts[1]), missing.toString());
    }

    @Test
    void aClassNamedInATextIsLookedUpToo() {
        ClassFile control = writing(method -> method.visitLdcInsn("software.amazon.awssdk.Gone"));

        assertEquals(List.of("control.Caller: software.amazon.awssdk.Gone is not there"), missing(control));
    }

    @Test
    void aMethodThatAnInterfaceAsksForIsMissed() {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(Opcodes.V1_8, Opcodes.ACC_PUBLIC, "control/Caller", null, "java/lang/Object",
            new String[] {"software/amazon/awssdk/auth/credentials/AwsCredentialsProvider"});

        assertEquals(List.of("control.Caller: software.amazon.awssdk.auth.credentials.AwsCredentialsProvider.resolveCredentials()"
            + "Lsoftware/amazon/awssdk/auth/credentials/AwsCredentials; is not implemented"), missing(ClassFile.of(writer.toByteArray())));
    }

    private static List<String> missing(ClassFile control) {
        return new Linkage(Map.of(control.name, control), Release.in(RELEASES.resolve("sdk-2.20.160"))).missing();
    }

    private static ClassFile calling(String owner, String name, String descriptor, boolean onInterface) {
        int opcode = onInterface ? Opcodes.INVOKEINTERFACE : Opcodes.INVOKEVIRTUAL;
        return writing(method -> method.visitMethodInsn(opcode, owner, name, descriptor, onInterface));
    }

    private static ClassFile writing(Consumer<MethodVisitor> body) {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(Opcodes.V1_8, Opcodes.ACC_PUBLIC, "control/Caller", null, "java/lang/Object", null);
        MethodVisitor method = writer.visitMethod(Opcodes.ACC_PUBLIC, "call", "()V", null, null);
        method.visitCode();
        body.accept(method);
        method.visitInsn(Opcodes.RETURN);
        method.visitMaxs(2, 2);
        method.visitEnd();
        return ClassFile.of(writer.toByteArray());
    }

    private static Map<String, ClassFile> jar() {
        Path jar = Path.of(JarVersion.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        try {
            return Release.classesOf(jar);
        } catch (IOException failure) {
            throw new UncheckedIOException("the tests of this module need the jar, so at least the phase package", failure);
        }
    }
}

package io.sparkxacct.architecture;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayersTest {
    private static final JavaClasses OURS = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .importPackages("io.sparkxacct").that(DescribedPredicate.not(JavaClass.Predicates.resideInAPackage("io.sparkxacct.testkit..")));

    @Test
    void dependenciesPointDown() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
            .layer("status").definedBy("io.sparkxacct")
            .layer("named").definedBy("io.sparkxacct.s3a", "io.sparkxacct.s3av1", "io.sparkxacct.emrfs")
            .layer("spark").definedBy("io.sparkxacct.spark")
            .layer("python").definedBy("io.sparkxacct.python")
            .layer("sts1").definedBy("io.sparkxacct.sts1")
            .layer("sts2").definedBy("io.sparkxacct.sts2")
            .layer("session").definedBy("io.sparkxacct.session")
            .layer("plan").definedBy("io.sparkxacct.plan")
            .whereLayer("named").mayNotBeAccessedByAnyLayer()
            .whereLayer("status").mayNotBeAccessedByAnyLayer()
            .whereLayer("spark").mayOnlyBeAccessedByLayers("status")
            .whereLayer("python").mayOnlyBeAccessedByLayers("spark", "status")
            .whereLayer("sts1").mayOnlyBeAccessedByLayers("named")
            .whereLayer("sts2").mayOnlyBeAccessedByLayers("named")
            .whereLayer("session").mayOnlyBeAccessedByLayers("named", "status", "spark", "python", "sts1", "sts2")
            .check(OURS);
    }

    @Test
    void thePlanIsJdkOnly() {
        classes().that().resideInAPackage("io.sparkxacct.plan").should().onlyDependOnClassesThat().resideInAnyPackage("java..", "io.sparkxacct.plan")
            .check(OURS);
    }

    @Test
    void eachSdkIsKnownToItsOwnPackagesOnly() {
        noClasses().that().resideOutsideOfPackages("io.sparkxacct.sts2", "io.sparkxacct.s3a")
            .should().dependOnClassesThat().resideInAPackage("software.amazon..").check(OURS);
        noClasses().that().resideOutsideOfPackages("io.sparkxacct.sts1", "io.sparkxacct.s3av1", "io.sparkxacct.emrfs")
            .should().dependOnClassesThat().resideInAPackage("com.amazonaws..").check(OURS);
    }

    @Test
    void theS3AFrontsAreOneClassEachThatCanBeDefinedInAnotherLoader() {
        classes().that().resideInAPackage("io.sparkxacct.s3a").should().onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.apache.hadoop.conf", "software.amazon.awssdk..", "io.sparkxacct.s3a").check(OURS);
        classes().that().resideInAPackage("io.sparkxacct.s3av1").should().onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.apache.hadoop.conf", "com.amazonaws..", "io.sparkxacct.s3av1").check(OURS);
        for (String alone : List.of("s3a.RoleInterceptor", "s3a.S3ARoleCredentialsProvider", "s3av1.RoleRequestHandler", "s3av1.S3AV1RoleCredentialsProvider")) {
            classes().that().haveFullyQualifiedName("io.sparkxacct." + alone).should().onlyDependOnClassesThat()
                .haveNameMatching("(?!io\\.sparkxacct\\.).*|io\\.sparkxacct\\." + alone.replace(".", "\\.")).check(OURS);
        }
        assertEquals(List.of("io.sparkxacct.s3a.RoleInterceptor", "io.sparkxacct.s3a.S3ARoleCredentialsProvider",
            "io.sparkxacct.s3av1.RoleRequestHandler", "io.sparkxacct.s3av1.S3AV1RoleCredentialsProvider"),
            OURS.stream().map(type -> type.getName()).filter(name -> name.startsWith("io.sparkxacct.s3a")).sorted().toList());
    }

    @Test
    void noScalaAndSparkInItsOwnPackageOnly() {
        noClasses().should().dependOnClassesThat().resideInAPackage("scala..").check(OURS);
        noClasses().that().resideOutsideOfPackage("io.sparkxacct.spark")
            .should().dependOnClassesThat().resideInAPackage("org.apache.spark..").check(OURS);
    }

    @Test
    void thePluginKnowsHadoopAndSparkAndNothingOfSdks() {
        classes().that().resideInAPackage("io.sparkxacct.spark").should().onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "javax.crypto..", "org.slf4j", "com.codahale.metrics", "org.apache.hadoop.conf", "org.apache.hadoop.io",
                "org.apache.hadoop.security", "org.apache.spark", "org.apache.spark.api.plugin", "io.sparkxacct.plan", "io.sparkxacct.session",
                "io.sparkxacct.python", "io.sparkxacct.spark").check(OURS);
        noClasses().that().resideOutsideOfPackages("io.sparkxacct.spark", "io.sparkxacct").should().dependOnClassesThat()
            .resideInAPackage("io.sparkxacct.spark").check(OURS);
    }

    /** So that it answers in any JVM. */
    @Test
    void theStatusNeedsNothingButOurs() {
        classes().that().resideInAPackage("io.sparkxacct").should().onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "io.sparkxacct", "io.sparkxacct.plan", "io.sparkxacct.session", "io.sparkxacct.python", "io.sparkxacct.spark").check(OURS);
    }

    /** Spark's metric system is made of them; the numbers themselves are counted without. */
    @Test
    void oneClassTouchesMetrics() {
        noClasses().that().haveNameNotMatching("io\\.sparkxacct\\.spark\\.(PluginMetrics|DriverHalf|ExecutorHalf)(\\$.*)?")
            .should().dependOnClassesThat().resideInAPackage("com.codahale.metrics..").check(OURS);
    }

    @Test
    void theWayToPythonKnowsNeitherHadoopNorSdks() {
        classes().that().resideInAPackage("io.sparkxacct.python").should().onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.slf4j", "io.sparkxacct.plan", "io.sparkxacct.session", "io.sparkxacct.python").check(OURS);
    }

    /** The rest can be read and tested without Spark. */
    @Test
    void fourClassesTouchSpark() {
        noClasses().that().haveNameNotMatching("io\\.sparkxacct\\.spark\\.(CrossAccountPlugin|DriverHalf|ExecutorHalf|Settings)(\\$.*)?")
            .should().dependOnClassesThat().resideInAPackage("org.apache.spark..").check(OURS);
    }

    @Test
    void theSealAndTheRuleOfChannelsAreJdkOnly() {
        classes().that().haveNameMatching("io\\.sparkxacct\\.spark\\.(Seal|SeenNonces|Refused|BadAsks|Channel|ChannelRule)(\\$.*)?")
            .should().onlyDependOnClassesThat().haveNameMatching("java(x\\.crypto)?\\..*|\\[.*|io\\.sparkxacct\\.session\\.Clock"
                + "|io\\.sparkxacct\\.spark\\.(Seal|SeenNonces|Refused|BadAsks|Channel|ChannelRule)(\\$.*)?").check(OURS);
    }
}

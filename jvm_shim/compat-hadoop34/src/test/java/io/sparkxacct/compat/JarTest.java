package io.sparkxacct.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.plan.JarVersion;
import io.sparkxacct.testkit.Vectors;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The jar that users get. */
class JarTest {
    @Test
    void theTestsOfThisModuleRunOnTheJar() {
        assertTrue(location().endsWith("spark-xacct-0.1.0.jar"), location());
    }

    @Test
    void everyClassRunsOnJava8() throws IOException {
        TreeMap<String, Integer> newer = new TreeMap<>();
        try (JarFile jar = new JarFile(location())) {
            for (JarEntry entry : entries(jar)) {
                if (entry.getName().endsWith(".class")) {
                    try (DataInputStream stream = new DataInputStream(jar.getInputStream(entry))) {
                        stream.readInt();
                        stream.readUnsignedShort();
                        int version = stream.readUnsignedShort();
                        if (version != 52) {
                            newer.put(entry.getName(), version);
                        }
                    }
                }
            }
        }

        assertEquals(new TreeMap<>(), newer);
    }

    @Test
    void theWholePythonPackageIsInItAndNoJar() throws IOException {
        TreeSet<String> inRepository = new TreeSet<>();
        inRepository.addAll(filesOf("spark_xacct", "spark_xacct/"));
        inRepository.addAll(filesOf("conf_templates", "spark_xacct/conf_templates/"));
        TreeSet<String> inJar = new TreeSet<>();
        try (JarFile jar = new JarFile(location())) {
            for (JarEntry entry : entries(jar)) {
                if (entry.getName().startsWith("spark_xacct/") && !entry.isDirectory()) {
                    inJar.add(entry.getName());
                }
            }
        }

        assertEquals(inRepository, inJar);
        assertTrue(inJar.contains("spark_xacct/__init__.py"));
        assertEquals(List.of(), inJar.stream().filter(name -> name.endsWith(".jar")).toList());
    }

    private static List<String> filesOf(String folder, String nameInJar) throws IOException {
        Path source = Vectors.repository().resolve(folder);
        try (Stream<Path> files = Files.walk(source)) {
            return files.filter(Files::isRegularFile).map(file -> nameInJar + source.relativize(file))
                .filter(name -> !name.contains("__pycache__") && !name.startsWith("spark_xacct/jars/") && !name.contains("/."))
                .toList();
        }
    }

    @Test
    void nothingOfOthersIsInIt() throws IOException {
        try (JarFile jar = new JarFile(location())) {
            assertEquals(List.of(), entries(jar).stream().map(JarEntry::getName)
                .filter(name -> !name.startsWith("io/") && !name.startsWith("spark_xacct/") && !name.startsWith("META-INF/")).toList());
            assertEquals(List.of(), entries(jar).stream().map(JarEntry::getName)
                .filter(name -> name.startsWith("io/") && !name.equals("io/") && !name.startsWith("io/sparkxacct/")).toList());
            assertEquals(List.of(), entries(jar).stream().map(JarEntry::getName).filter(name -> name.startsWith("META-INF/services/")).toList());
        }
    }

    @Test
    void jarManifestAndPythonHaveOneVersion() throws IOException {
        try (JarFile jar = new JarFile(location())) {
            String python = new String(jar.getInputStream(jar.getEntry("spark_xacct/version.py")).readAllBytes(), StandardCharsets.UTF_8);

            assertEquals(JarVersion.current(), jar.getManifest().getMainAttributes().getValue("Implementation-Version"));
            assertTrue(python.contains("__version__ = \"" + JarVersion.current() + "\""), python);
        }
    }

    @Test
    void theProviderLoadsWithoutSpark() throws ClassNotFoundException {
        assertThrows(ClassNotFoundException.class, () -> Class.forName("org.apache.spark.SparkContext"));
        assertThrows(ClassNotFoundException.class, () -> Class.forName("scala.Option"));

        Class.forName("io.sparkxacct.s3a.S3ARoleCredentialsProvider");
    }

    private static String location() {
        return JarVersion.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    }

    private static List<JarEntry> entries(JarFile jar) {
        return jar.stream().toList();
    }
}

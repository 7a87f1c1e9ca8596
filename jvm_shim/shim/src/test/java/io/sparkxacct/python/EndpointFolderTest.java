package io.sparkxacct.python;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkxacct.session.Clock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class EndpointFolderTest {
    private static final Map<String, String> FILES = Map.of("partner.token", "secret", "endpoint.json", "{}");
    private static final String NAME = "spark-xacct-1-1";

    @TempDir
    Path directory;

    @Test
    void isNamedByProcessAndStartTime() {
        assertEquals("spark-xacct-" + ProcessHandle.current().pid(), EndpointFolder.nameOfThisJvm().replaceFirst("-[0-9]{13}$", ""));
    }

    @Test
    void itsOwnerAloneMayLookIn() throws IOException {
        try (EndpointFolder folder = create(directory)) {
            assertEquals(directory.resolve(NAME), folder.path());
            assertEquals("EndpointFolder(" + directory.resolve(NAME) + ")", folder.toString());
            assertEquals(List.of("rwx------ .", "rw------- endpoint.json", "rw------- lock", "rw------- partner.token"), modes(folder.path()));
            assertEquals("secret", Files.readString(folder.path().resolve("partner.token")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"000", "022", "077"})
    void whateverTheUmaskIs(String umask) throws Exception {
        try (ChildJvm other = ChildJvm.start("umask " + umask, "folder", directory.toString())) {
            assertEquals(List.of("rwx------ .", "rw------- lock", "rw------- partner.token"), modes(Path.of(other.line())));
        }
    }

    @Test
    void anotherUserCannotReadAToken() throws Exception {
        assumeTrue(directory.getFileSystem().provider().getScheme().equals("file") && exit("sh", "-c", "test $(id -u) = 0 && command -v setpriv") == 0,
            "only root can become somebody else, and by setpriv");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path open = Files.writeString(directory.resolve("open"), "x");

        try (EndpointFolder folder = create(directory)) {
            assertEquals(0, exitOfNobody("cat", open.toString()));
            assertEquals(1, exitOfNobody("cat", folder.path().resolve("partner.token").toString()));
            assertEquals(2, exitOfNobody("ls", folder.path().toString()));
            Files.setPosixFilePermissions(folder.path(), PosixFilePermissions.fromString("rwxr-xr-x"));
            assertEquals(1, exitOfNobody("cat", folder.path().resolve("partner.token").toString()));
        }
    }

    @Test
    void isGoneWithItsFilesWhenItIsClosed() throws IOException {
        EndpointFolder folder = create(directory);
        folder.close();
        folder.close();

        assertEquals(List.of(), names(directory));
    }

    @Test
    void liesInTheFirstDirectoryThatTakesItAndTheOthersAreLeftClean() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "no directory");
        Path missing = directory.resolve("missing");
        Path planted = Files.createDirectory(directory.resolve("planted"));
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.createSymbolicLink(planted.resolve(NAME), elsewhere);
        Path tooDeep = deep(directory.resolve("deep"));
        Path good = Files.createDirectory(directory.resolve("good"));

        try (EndpointFolder folder = create(file, missing, planted, tooDeep, good, directory)) {
            assertEquals(good.resolve(NAME), folder.path());
        }
        assertEquals(List.of(), names(elsewhere));
        assertEquals(List.of(NAME), names(planted));
        assertEquals(List.of(), names(tooDeep));
        assertEquals(List.of(), names(good));
    }

    @Test
    void whereNoneTakesItEachIsNamedWithItsReason() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "no directory");
        Path missing = directory.resolve("missing");
        Path planted = Files.createDirectory(directory.resolve("planted"));
        Files.createSymbolicLink(planted.resolve(NAME), directory);
        Path tooDeep = deep(directory.resolve("deep"));

        assertEquals("no local directory takes the folder of the endpoint (" + file + ": Not a directory; " + missing + ": does not exist; "
            + planted + ": " + planted.resolve(NAME) + " is there already; " + tooDeep + ": File name too long); set spark.local.dir to one that"
            + " does", refusal(file, missing, planted, tooDeep));
        assertEquals("no local directory takes the folder of the endpoint (); set spark.local.dir to one that does", refusal());
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsPassedOver() {
        assertEquals("no local directory takes the folder of the endpoint (/proc: does not exist); set spark.local.dir to one that does",
            refusal(Path.of("/proc")));
    }

    @Test
    void whatAKilledJvmLeftIsSweptButNotBeforeItIsDead() throws Exception {
        Path other;
        try (ChildJvm child = ChildJvm.start("umask 022", "folder", directory.toString())) {
            other = Path.of(child.line());
            age(other);
            create(directory).close();
            assertTrue(Files.exists(other.resolve("partner.token")));

            child.kill();
            assertTrue(Files.exists(other.resolve("partner.token")));
            create(directory).close();
        }

        assertFalse(Files.exists(other));
    }

    @Test
    void whatIsYoungMayNotBeReadyAndIsLeft() throws IOException {
        Path leftover = leftover("spark-xacct-2-2");
        create(directory).close();
        assertTrue(Files.exists(leftover));

        age(leftover);
        create(directory).close();
        assertFalse(Files.exists(leftover));
    }

    @Test
    void everyDirectoryIsSwept() throws IOException {
        Path first = Files.createDirectory(directory.resolve("first"));
        Path leftover = Files.move(age(leftover("spark-xacct-2-2")), first.resolve("spark-xacct-2-2"));

        create(directory, first, directory.resolve("missing")).close();

        assertFalse(Files.exists(leftover));
    }

    @Test
    void nothingElseIsSwept() throws IOException {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("precious"), "x");
        Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwx------"));
        age(elsewhere);
        Files.createSymbolicLink(directory.resolve("spark-xacct-3-3"), elsewhere);
        Files.writeString(directory.resolve("spark-xacct-4-4"), "a file");
        age(leftover("spark-xacct-5"));
        Path readable = leftover("spark-xacct-6-6");
        Files.setPosixFilePermissions(readable, PosixFilePermissions.fromString("rwxr-xr-x"));
        age(readable);
        Path withLink = leftover("spark-xacct-7-7");
        Files.createSymbolicLink(withLink.resolve("link"), elsewhere.resolve("precious"));
        age(withLink);

        create(directory).close();

        assertEquals(List.of("elsewhere", "spark-xacct-3-3", "spark-xacct-4-4", "spark-xacct-5", "spark-xacct-6-6"), names(directory));
        assertEquals(List.of("precious"), names(elsewhere));
    }

    @Test
    void thatOfAnotherOwnerIsLeft() throws Exception {
        assumeTrue(exit("sh", "-c", "test $(id -u) = 0") == 0, "only root can give a folder away");
        Path others = leftover("spark-xacct-2-2");
        assertEquals(0, exit("chown", "65534", others.toString()));
        age(others);

        create(directory).close();

        assertTrue(Files.exists(others.resolve("partner.token")));
    }

    @Test
    void aSweepThatFailsCostsNoFolder() throws IOException {
        Path first = Files.createDirectory(directory.resolve("first"));
        Path second = Files.createDirectory(directory.resolve("second"));
        Files.move(age(leftover("spark-xacct-2-2")), first.resolve("spark-xacct-2-2"));
        Path swept = Files.move(age(leftover("spark-xacct-3-3")), second.resolve("spark-xacct-3-3"));
        AtomicInteger looks = new AtomicInteger();

        try (EndpointFolder folder = EndpointFolder.create(List.of(first, second), NAME, FILES, clock(() -> {
            if (looks.incrementAndGet() == 1) {
                throw new UnsupportedOperationException("no clock");
            }
            return System.currentTimeMillis();
        }))) {
            assertEquals(first.resolve(NAME), folder.path());
        }
        assertEquals(List.of("spark-xacct-2-2"), names(first));
        assertFalse(Files.exists(swept));
    }

    private static Clock clock(LongSupplier millis) {
        return new Clock() {
            @Override
            public long nanos() {
                throw new AssertionError("nothing is timed");
            }

            @Override
            public long millis() {
                return millis.getAsLong();
            }

            @Override
            public void await(CompletableFuture<?> event, long nanos) {
                throw new AssertionError("nothing waits");
            }
        };
    }

    private static EndpointFolder create(Path... directories) throws IOException {
        return EndpointFolder.create(List.of(directories), NAME, FILES, Clock.system());
    }

    private static String refusal(Path... directories) {
        return assertThrows(IOException.class, () -> create(directories)).getMessage();
    }

    /** A folder as one was left whose JVM ended before it had its lock. */
    private Path leftover(String name) throws IOException {
        Path folder = Files.createDirectory(directory.resolve(name));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        Files.writeString(folder.resolve("partner.token"), "old");
        return folder;
    }

    private static Path age(Path folder) throws IOException {
        return Files.setLastModifiedTime(folder, FileTime.from(Instant.now().minusSeconds(120)));
    }

    /** So deep that the folder's name still fits into a path and the names of its files do not. */
    private static Path deep(Path from) throws IOException {
        int length = 4095 - NAME.length() - 1 - "/lock".length();
        Path deep = Files.createDirectory(from);
        while (length - deep.toString().length() > 250) {
            deep = Files.createDirectory(deep.resolve("d".repeat(100)));
        }
        return Files.createDirectory(deep.resolve("d".repeat(length - deep.toString().length() - 1)));
    }

    private static List<String> modes(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            TreeSet<String> modes = new TreeSet<>((left, right) -> left.substring(10).compareTo(right.substring(10)));
            for (Path path : paths.toList()) {
                String name = path.equals(folder) ? "." : path.getFileName().toString();
                modes.add(PosixFilePermissions.toString(Files.getPosixFilePermissions(path, NOFOLLOW_LINKS)) + " " + name);
            }
            return List.copyOf(modes);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static int exitOfNobody(String... command) throws Exception {
        return exit(Stream.concat(Stream.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"), Stream.of(command))
            .toArray(String[]::new));
    }

    private static int exit(String... command) throws Exception {
        return new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start()
            .waitFor();
    }
}

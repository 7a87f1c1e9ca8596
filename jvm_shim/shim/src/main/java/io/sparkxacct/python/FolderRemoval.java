package io.sparkxacct.python;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import io.sparkxacct.session.Clock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Removes folders of endpoints: one that was closed, and those that dead JVMs of the same owner left behind.
 *
 * <p>A JVM lives as long as it holds the lock of its folder, which the kernel takes from it however it ends. Its process id proves less:
 * containers that share a directory have process ids of their own, and with a changed clock a start time is another. Works from open
 * directories down, so that nobody can put a link between a look and a removal.
 */
final class FolderRemoval {
    static final String LOCK = "lock";
    static final Pattern FOLDER = Pattern.compile("spark-xacct-[0-9]+-[0-9]+");
    /** A younger one may not have its lock yet. */
    private static final long YOUNG_MILLIS = TimeUnit.MINUTES.toMillis(1);
    private static final Set<OpenOption> OPEN_LOCK = new HashSet<>(Arrays.<OpenOption>asList(StandardOpenOption.WRITE, NOFOLLOW_LINKS));

    private FolderRemoval() {
    }

    /** Removes a folder of ours with the files in it. What cannot be removed is left to a later sweep. */
    static void remove(Path folder) {
        try (DirectoryStream<Path> parent = Files.newDirectoryStream(folder.getParent())) {
            if (parent instanceof SecureDirectoryStream) {
                SecureDirectoryStream<Path> opened = (SecureDirectoryStream<Path>) parent;
                try (SecureDirectoryStream<Path> inside = opened.newDirectoryStream(folder.getFileName(), NOFOLLOW_LINKS)) {
                    empty(inside);
                }
                opened.deleteDirectory(folder.getFileName());
            } else {
                removeByPath(folder);
            }
        } catch (IOException | DirectoryIteratorException leftBehind) {
            // A folder that nobody's lock holds does no harm.
        }
    }

    /** Removes what dead JVMs of {@code owner} left in a directory, but for {@code own}. */
    static void sweep(Path directory, UserPrincipal owner, Path own, Clock clock) {
        try (DirectoryStream<Path> parent = Files.newDirectoryStream(directory)) {
            if (!(parent instanceof SecureDirectoryStream)) {
                return;
            }
            SecureDirectoryStream<Path> opened = (SecureDirectoryStream<Path>) parent;
            for (Path name : names(opened)) {
                // This JVM's own: opening and closing its lock file would give the lock away.
                if (FOLDER.matcher(name.toString()).matches() && !name.equals(own.getFileName())) {
                    sweep(opened, name, owner, clock);
                }
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            // Then nothing of ours is there, or it is swept another time.
        }
    }

    private static void sweep(SecureDirectoryStream<Path> parent, Path name, UserPrincipal owner, Clock clock) {
        try (SecureDirectoryStream<Path> inside = parent.newDirectoryStream(name, NOFOLLOW_LINKS)) {
            PosixFileAttributes folder = inside.getFileAttributeView(PosixFileAttributeView.class).readAttributes();
            if (!folder.owner().equals(owner) || !folder.permissions().equals(PrivateFiles.FOLDER)
                || clock.millis() - folder.lastModifiedTime().toMillis() < YOUNG_MILLIS) {
                return;
            }
            try (SeekableByteChannel lock = inside.newByteChannel(Paths.get(LOCK), OPEN_LOCK)) {
                if (isFree(lock)) {
                    empty(inside);
                    parent.deleteDirectory(name);
                }
            } catch (NoSuchFileException neverLocked) {
                empty(inside);
                parent.deleteDirectory(name);
            }
        } catch (IOException | DirectoryIteratorException notOurs) {
            // A link, a file, somebody else's, or swept by another JVM at the same time.
        }
    }

    /** Takes the lock where nobody has it; it goes with the channel. */
    private static boolean isFree(SeekableByteChannel lock) throws IOException {
        try {
            FileLock taken = ((FileChannel) lock).tryLock();
            return taken != null;
        } catch (OverlappingFileLockException heldHere) {
            return false;
        }
    }

    private static void empty(SecureDirectoryStream<Path> folder) throws IOException {
        for (Path name : names(folder)) {
            folder.deleteFile(name);
        }
    }

    private static List<Path> names(DirectoryStream<Path> folder) {
        List<Path> names = new ArrayList<>();
        for (Path entry : folder) {
            names.add(entry.getFileName());
        }
        return names;
    }

    /** Where the platform has no open directories. */
    private static void removeByPath(Path folder) throws IOException {
        if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}

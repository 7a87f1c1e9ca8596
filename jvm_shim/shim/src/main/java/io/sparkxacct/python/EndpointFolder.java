package io.sparkxacct.python;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import io.sparkxacct.session.Clock;
import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.RuntimeMXBean;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that tells Python processes of this user where the endpoint is and what opens it: mode 0700, with files of mode 0600.
 *
 * <p>Lies in a local directory of this JVM and is gone after {@link #close()}. After a JVM that was killed it opens nothing any more, and
 * the next JVM that keeps its own folder there removes it.
 */
final class EndpointFolder implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointFolder.class);

    private final Path path;
    private final FileChannel lock;
    private final UserPrincipal owner;

    private EndpointFolder(Path path, FileChannel lock, UserPrincipal owner) {
        this.path = path;
        this.lock = lock;
        this.owner = owner;
    }

    /** "spark-xacct-", process id and start time: no other JVM on this host has both. */
    static String nameOfThisJvm() {
        RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
        return "spark-xacct-" + runtime.getName().split("@")[0] + "-" + runtime.getStartTime();
    }

    /**
     * Makes the folder in the first directory that takes it and {@code files}, texts by name, and sweeps what dead JVMs left in any.
     *
     * <p>A directory that others may write to is as good as another (pods have volumes of mode 0777): readers look at the folder's owner.
     * Throws IOException with every directory and what is wrong with it.
     */
    static EndpointFolder create(List<Path> directories, String name, Map<String, String> files, Clock clock) throws IOException {
        StringBuilder refusals = new StringBuilder();
        for (Path directory : directories) {
            Path path = directory.resolve(name);
            try {
                EndpointFolder folder = create(path, files);
                folder.sweep(directories, clock);
                return folder;
            } catch (IOException | UnsupportedOperationException refused) {
                refusals.append(refusals.length() == 0 ? "" : "; ").append(directory).append(": ").append(PrivateFiles.reason(refused));
            }
        }
        throw new IOException("no local directory takes the folder of the endpoint (" + refusals + "); set spark.local.dir to one that does");
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        FolderRemoval.remove(path);
        try {
            lock.close();
        } catch (IOException gone) {
            // So is the file.
        }
    }

    @Override
    public String toString() {
        return "EndpointFolder(" + path + ")";
    }

    /** What is left behind does no harm. */
    private void sweep(List<Path> directories, Clock clock) {
        for (Path directory : directories) {
            try {
                FolderRemoval.sweep(directory, owner, path, clock);
            } catch (RuntimeException unswept) {
                LOG.debug("folders of dead JVMs are not swept from {}", directory, unswept);
            }
        }
    }

    private static EndpointFolder create(Path path, Map<String, String> files) throws IOException {
        PrivateFiles.createFolder(path);
        FileChannel lock = null;
        try {
            PrivateFiles.requireMode(path, PrivateFiles.FOLDER);
            lock = PrivateFiles.create(path.resolve(FolderRemoval.LOCK));
            hold(lock);
            for (Map.Entry<String, String> file : files.entrySet()) {
                PrivateFiles.write(path.resolve(file.getKey()), file.getValue());
            }
            return new EndpointFolder(path, lock, Files.getOwner(path, NOFOLLOW_LINKS));
        } catch (Throwable failed) {
            FolderRemoval.remove(path);
            if (lock != null) {
                lock.close();
            }
            throw failed;
        }
    }

    /** Where a file system has no locks, nobody can take this one and sweep the folder either. */
    private static void hold(FileChannel lock) {
        try {
            lock.lock();
        } catch (IOException withoutLocks) {
            // See above.
        }
    }
}

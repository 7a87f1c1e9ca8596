package io.sparkxacct.python;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/** Folders and files that nobody but their owner can open, from their first moment on; symbolic links are never followed. */
final class PrivateFiles {
    static final Set<PosixFilePermission> FOLDER = Collections.unmodifiableSet(PosixFilePermissions.fromString("rwx------"));
    private static final Set<PosixFilePermission> FILE = Collections.unmodifiableSet(PosixFilePermissions.fromString("rw-------"));
    private static final Set<OpenOption> NEW = Collections.unmodifiableSet(new HashSet<>(Arrays.asList(CREATE_NEW, WRITE, NOFOLLOW_LINKS)));

    private PrivateFiles() {
    }

    static void createFolder(Path folder) throws IOException {
        Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(FOLDER));
    }

    static FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, NEW, PosixFilePermissions.asFileAttribute(FILE));
    }

    static void write(Path file, String text) throws IOException {
        try (FileChannel channel = create(file)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        requireMode(file, FILE);
    }

    /** Some file systems have modes of their own; readers trust no others than ours. */
    static void requireMode(Path path, Set<PosixFilePermission> wanted) throws IOException {
        Set<PosixFilePermission> found = Files.getPosixFilePermissions(path, NOFOLLOW_LINKS);
        if (!found.equals(wanted)) {
            throw new IOException("it gives files the mode " + PosixFilePermissions.toString(found));
        }
    }

    /** In words, for one line. */
    static String reason(Exception failed) {
        if (failed instanceof NoSuchFileException) {
            return "does not exist";
        }
        if (failed instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failed instanceof FileAlreadyExistsException) {
            return ((FileSystemException) failed).getFile() + " is there already";
        }
        String reason = failed instanceof FileSystemException ? ((FileSystemException) failed).getReason() : failed.getMessage();
        return reason == null ? failed.getClass().getSimpleName() : reason;
    }
}

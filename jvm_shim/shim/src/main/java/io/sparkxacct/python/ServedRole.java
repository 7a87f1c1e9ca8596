package io.sparkxacct.python;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/** A role that the endpoint serves: where, and what opens it. Immutable; {@link #toString()} shows neither. */
final class ServedRole {
    private static final int PATH_BYTES = 16;
    private static final int TOKEN_BYTES = 32;
    /** What a declaration allows; here it becomes part of a path and of a file's name. */
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,31}");

    private final String name;
    private final String arn;
    private final String path;
    private final String token;

    ServedRole(String name, String arn, String path, String token) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("role \"" + name + "\" cannot be served to Python: its name must match " + NAME);
        }
        this.name = name;
        this.arn = arn;
        this.path = path;
        this.token = token;
    }

    static ServedRole drawn(String name, String arn, SecureRandom random) {
        return new ServedRole(name, arn, "/" + text(random, PATH_BYTES) + "/" + name, text(random, TOKEN_BYTES));
    }

    String name() {
        return name;
    }

    String arn() {
        return arn;
    }

    String path() {
        return path;
    }

    /** 43 characters of base64url. */
    String token() {
        return token;
    }

    /** Takes the same time however much of it is right, as does {@link #isOpenedBy}. */
    boolean isAt(String target) {
        return same(path, target);
    }

    boolean isOpenedBy(String offered) {
        return same(token, offered);
    }

    @Override
    public String toString() {
        return "ServedRole(" + name + ")";
    }

    private static boolean same(String ours, String theirs) {
        return MessageDigest.isEqual(ours.getBytes(StandardCharsets.ISO_8859_1), theirs.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String text(SecureRandom random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}

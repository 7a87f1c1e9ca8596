package io.sparkxacct.plan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The id of a plan: the first 12 hexadecimal digits of the SHA-256 of its canonical JSON. */
final class PlanId {
    private PlanId() {
    }

    static String of(String canonicalJson) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(canonicalJson.getBytes(StandardCharsets.US_ASCII));
            StringBuilder id = new StringBuilder();
            for (int i = 0; i < 6; i++) {
                id.append(String.format("%02x", digest[i]));
            }
            return id.toString();
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("this JVM has no SHA-256, which every JVM must have", impossible);
        }
    }
}

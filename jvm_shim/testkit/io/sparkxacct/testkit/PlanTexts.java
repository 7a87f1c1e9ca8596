package io.sparkxacct.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.DeflaterOutputStream;

/** Plans as tests write them. */
public final class PlanTexts {
    private PlanTexts() {
    }

    /** The "z1:" form of a plan's JSON. */
    public static String packed(String json) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(bytes)) {
            deflater.write(json.getBytes(StandardCharsets.UTF_8));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        return "z1:" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
    }

    /** A plan in words: a base, an STS, and {@code roles} and {@code buckets} as the inside of their JSON objects. */
    public static String json(String base, String stsEndpoint, String roles, String buckets, String otherwise) {
        return """
            {"v":1,"base":%s,"sts":{"region":"eu-west-1","endpoint":"%s"},"otherwise":"%s","roles":{%s},"buckets":{%s},"python":{"roles":[]}}"""
            .formatted(base, stsEndpoint, otherwise, roles, buckets);
    }

    /** A role of account 444455556666 that is assumed straight from the base identity. */
    public static String role(String name) {
        return "\"%1$s\":{\"RoleArn\":\"arn:aws:iam::444455556666:role/%1$s\",\"RoleSessionName\":\"xacct-{run}\",\"DurationSeconds\":3600}"
            .formatted(name);
    }

    /** The same through another role. */
    public static String role(String name, String via) {
        return role(name).replace("3600}", "3600,\"via\":\"" + via + "\"}");
    }

    /** A base identity of any class, the same name for both SDKs' fields. */
    public static String base(String className) {
        return "{\"kind\":\"class\",\"v1\":\"%1$s\",\"v2\":\"%1$s\"}".formatted(className);
    }
}

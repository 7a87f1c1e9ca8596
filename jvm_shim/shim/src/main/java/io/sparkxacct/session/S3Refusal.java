package io.sparkxacct.session;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** One request that S3 refused, as a hook in S3A tells of it. Immutable. */
final class S3Refusal {
    /** The key of a question that tells of a refusal; its value is the bucket of the request. */
    static final String BUCKET = "refusedBucket";
    private static final String UNNAMED = "a request";
    private static final String EXPIRED = "ExpiredToken";
    private static final Set<String> DEAD = Collections.unmodifiableSet(new HashSet<>(Arrays.asList(EXPIRED, "InvalidAccessKeyId", "InvalidToken")));
    private static final Map<String, String> ACTIONS = actionsByOperation();

    private final String bucket;
    private final String operation;
    private final String code;
    private final int status;
    private final String accessKeyId;

    /** {@code code}, {@code operation} and {@code accessKeyId} may be null. */
    S3Refusal(String bucket, String operation, int status, String code, String accessKeyId) {
        this.bucket = bucket;
        this.operation = operation == null ? UNNAMED : operation;
        this.status = status;
        // SDK v1 makes one of the status line where an answer has no body.
        this.code = code == null || code.isEmpty() || code.indexOf(' ') >= 0 ? null : code;
        this.accessKeyId = accessKeyId;
    }

    /** From a question of a hook; {@code bucket} is the one that is declared. */
    static S3Refusal read(Map<String, Object> question, String bucket) {
        return new S3Refusal(bucket, (String) question.get("operation"), (Integer) question.get("status"), (String) question.get("code"),
            (String) question.get("accessKeyId"));
    }

    String bucket() {
        return bucket;
    }

    String operation() {
        return operation;
    }

    /** Who signed it; null when that cannot be told. */
    String accessKeyId() {
        return accessKeyId;
    }

    /** Whether it says that the session is dead. */
    boolean isDead() {
        return DEAD.contains(code);
    }

    boolean isExpired() {
        return EXPIRED.equals(code);
    }

    /** Whether it is a refusal of who asked, or may be one: the answer to a HEAD has no code. */
    boolean isOfTheCaller() {
        return isDead() || isBare400() || status == 403 && (code == null || "AccessDenied".equals(code));
    }

    /** What S3 answers to a HEAD for an expired session, among other things. */
    boolean isBare400() {
        return status == 400 && code == null;
    }

    /** The code, or what there is instead. */
    String answer() {
        return code == null ? status + " without a code" : code;
    }

    /** The IAM actions that the operation needs. */
    String actions() {
        return ACTIONS.getOrDefault(operation, "s3:" + operation);
    }

    /** What the actions are allowed on. */
    String resource(String partition) {
        return "arn:" + partition + ":s3:::" + bucket + (actions().startsWith("s3:ListBucket") || operation.startsWith("GetBucket") ? "" : "/*");
    }

    private static Map<String, String> actionsByOperation() {
        Map<String, String> actions = new HashMap<>();
        actions.put(UNNAMED, "what it asks for");
        actions.put("HeadObject", "s3:GetObject, and s3:ListBucket for what does not exist,");
        actions.put("HeadBucket", "s3:ListBucket");
        actions.put("ListObjects", "s3:ListBucket");
        actions.put("ListObjectsV2", "s3:ListBucket");
        actions.put("ListMultipartUploads", "s3:ListBucketMultipartUploads");
        actions.put("ListParts", "s3:ListMultipartUploadParts");
        actions.put("CreateMultipartUpload", "s3:PutObject");
        actions.put("UploadPart", "s3:PutObject");
        actions.put("CompleteMultipartUpload", "s3:PutObject");
        actions.put("CopyObject", "s3:PutObject, and s3:GetObject of the source,");
        actions.put("UploadPartCopy", "s3:PutObject, and s3:GetObject of the source,");
        actions.put("DeleteObjects", "s3:DeleteObject");
        actions.put("SelectObjectContent", "s3:GetObject");
        return actions;
    }
}

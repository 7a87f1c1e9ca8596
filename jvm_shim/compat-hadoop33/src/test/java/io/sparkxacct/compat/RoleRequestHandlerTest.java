package io.sparkxacct.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.amazonaws.AmazonWebServiceRequest;
import com.amazonaws.DefaultRequest;
import com.amazonaws.Request;
import com.amazonaws.handlers.HandlerContextKey;
import com.amazonaws.handlers.RequestHandler2;
import com.amazonaws.services.s3.model.AmazonS3Exception;
import com.amazonaws.services.s3.model.CopyObjectRequest;
import com.amazonaws.services.s3.model.GetObjectRequest;
import com.amazonaws.services.s3.model.ListBucketsRequest;
import com.amazonaws.services.s3.model.ListObjectsV2Request;
import io.sparkxacct.s3av1.RoleRequestHandler;
import io.sparkxacct.testkit.OtherLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The hook for SDK v1 by itself: what it tells, and that nothing comes of it where it cannot. */
class RoleRequestHandlerTest {
    private final List<String> told = new ArrayList<>();
    private final Function<Map<String, Object>, Map<String, String>> source = question -> {
        told.add(new TreeMap<>(question).toString());
        return Map.of();
    };
    private final Function<Map<String, Object>, Map<String, String>> before = RoleRequestHandler.source;

    @AfterEach
    void putBack() {
        RoleRequestHandler.source = before;
    }

    private static Request<?> signed(AmazonWebServiceRequest original) {
        Request<?> request = new DefaultRequest<>(original, "Amazon S3");
        request.addHandlerContext(HandlerContextKey.OPERATION_NAME, "AnOperation");
        request.addHeader("Authorization", "AWS4-HMAC-SHA256 Credential=ASIA7/20261122/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0");
        return request;
    }

    private static AmazonS3Exception answer(int status, String code) {
        AmazonS3Exception answer = new AmazonS3Exception("refused");
        answer.setStatusCode(status);
        answer.setErrorCode(code);
        return answer;
    }

    static Stream<Arguments> requests() {
        return Stream.of(
            arguments(new GetObjectRequest("data", "x"), "data"),
            arguments(new ListObjectsV2Request().withBucketName("data"), "data"),
            arguments(new CopyObjectRequest("from", "x", "to", "y"), "to"));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void tellsBucketOperationCodeAndWhoSigned(AmazonWebServiceRequest request, String bucket) {
        RoleRequestHandler.source = source;

        new RoleRequestHandler().afterError(signed(request), null, answer(403, "AccessDenied"));

        assertEquals(List.of("{accessKeyId=ASIA7, code=AccessDenied, operation=AnOperation, refusedBucket=" + bucket + ", status=403}"), told);
    }

    @Test
    void tellsNothingOfOtherFailuresAndOfRequestsWithoutABucket() {
        RoleRequestHandler.source = source;
        RoleRequestHandler handler = new RoleRequestHandler();

        handler.afterError(signed(new GetObjectRequest("data", "x")), null, answer(404, "NoSuchKey"));
        handler.afterError(signed(new GetObjectRequest("data", "x")), null, new IllegalStateException("closed"));
        handler.afterError(signed(new ListBucketsRequest()), null, answer(403, "AccessDenied"));

        assertEquals(List.of(), told);
    }

    @Test
    void throwsNothingWhateverHappens() {
        RoleRequestHandler.source = question -> {
            throw new IllegalStateException("a defect");
        };

        new RoleRequestHandler().afterError(signed(new GetObjectRequest("data", "x")), null, answer(403, "AccessDenied"));
        new RoleRequestHandler().afterError(null, null, answer(403, "AccessDenied"));
    }

    @Test
    void worksInAnotherClassLoaderFromTheSourceItIsGivenAndElseDoesNothing() throws Exception {
        Class<?> alone = OtherLoader.define(RoleRequestHandler.class);
        RequestHandler2 handler = (RequestHandler2) alone.getConstructor().newInstance();

        handler.afterError(signed(new GetObjectRequest("data", "x")), null, answer(400, "ExpiredToken"));
        assertEquals(List.of(), told);
        alone.getField("source").set(null, source);
        handler.afterError(signed(new GetObjectRequest("data", "x")), null, answer(400, "ExpiredToken"));

        assertEquals(List.of("{accessKeyId=ASIA7, code=ExpiredToken, operation=AnOperation, refusedBucket=data, status=400}"), told);
    }
}

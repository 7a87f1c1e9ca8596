package io.sparkxacct.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.s3a.RoleInterceptor;
import io.sparkxacct.testkit.LoopbackS3;
import io.sparkxacct.testkit.OtherLoader;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** The hook for SDK v2 by itself: what it tells of both kinds of clients, and that nothing comes of it where it cannot. */
class RoleInterceptorTest {
    private final LoopbackS3 s3 = LoopbackS3.start();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final Function<Map<String, Object>, Map<String, String>> source = question -> {
        told.add(new TreeMap<>(question).toString());
        return Map.of();
    };
    private final Function<Map<String, Object>, Map<String, String>> before = RoleInterceptor.source;

    @AfterEach
    void putBack() {
        RoleInterceptor.source = before;
        s3.close();
    }

    private void refusing(int status, String code) {
        s3.refusing(request -> new LoopbackS3.Refusal(status, code));
    }

    private int refused(ExecutionInterceptor hook, Consumer<S3Client> request) {
        try (S3Client client = S3Client.builder().endpointOverride(URI.create(s3.endpoint())).region(Region.EU_WEST_1).forcePathStyle(true)
                .credentialsProvider(new StaticBase()).overrideConfiguration(options -> options.addExecutionInterceptor(hook)).build()) {
            return assertThrows(S3Exception.class, () -> request.accept(client)).statusCode();
        }
    }

    @Test
    void tellsBucketOperationCodeAndWhoSigned() {
        RoleInterceptor.source = source;
        refusing(403, "InvalidAccessKeyId");

        refused(new RoleInterceptor(), client -> client.getObject(request -> request.bucket("data").key("x")));
        refused(new RoleInterceptor(), client -> client.headObject(request -> request.bucket("data").key("x")));
        refused(new RoleInterceptor(), client -> client.copyObject(
            request -> request.sourceBucket("from").sourceKey("x").destinationBucket("to").destinationKey("y")));

        assertEquals(List.of(
            "{accessKeyId=AKIABASE, code=InvalidAccessKeyId, operation=GetObject, refusedBucket=data, status=403}",
            "{accessKeyId=AKIABASE, code=null, operation=HeadObject, refusedBucket=data, status=403}",
            "{accessKeyId=AKIABASE, code=InvalidAccessKeyId, operation=CopyObject, refusedBucket=to, status=403}"), told);
    }

    @Test
    void tellsTheSameOfAsynchronousClients() {
        RoleInterceptor.source = source;
        refusing(400, "ExpiredToken");

        try (S3AsyncClient client = S3AsyncClient.builder().endpointOverride(URI.create(s3.endpoint())).region(Region.EU_WEST_1)
                .forcePathStyle(true).credentialsProvider(new StaticBase())
                .overrideConfiguration(options -> options.addExecutionInterceptor(new RoleInterceptor())).build()) {
            assertThrows(CompletionException.class,
                () -> client.getObject(request -> request.bucket("data").key("x"), AsyncResponseTransformer.toBytes()).join());
        }

        assertEquals(List.of("{accessKeyId=AKIABASE, code=ExpiredToken, operation=GetObject, refusedBucket=data, status=400}"), told);
    }

    @Test
    void tellsNothingOfOtherFailuresAndOfRequestsWithoutABucket() {
        RoleInterceptor.source = source;
        refusing(404, "NoSuchKey");
        refused(new RoleInterceptor(), client -> client.getObject(request -> request.bucket("data").key("x")));
        refusing(403, "AccessDenied");
        refused(new RoleInterceptor(), client -> client.listBuckets());

        assertEquals(List.of(), told);
    }

    @Test
    void throwsNothingWhateverHappens() {
        RoleInterceptor.source = question -> {
            throw new IllegalStateException("a defect");
        };
        refusing(403, "AccessDenied");

        assertEquals(403, refused(new RoleInterceptor(), client -> client.getObject(request -> request.bucket("data").key("x"))));
    }

    @Test
    void worksInAnotherClassLoaderFromTheSourceItIsGivenAndElseDoesNothing() throws Exception {
        Class<?> alone = OtherLoader.define(RoleInterceptor.class);
        ExecutionInterceptor hook = (ExecutionInterceptor) alone.getConstructor().newInstance();
        refusing(400, "InvalidToken");

        refused(hook, client -> client.getObject(request -> request.bucket("data").key("x")));
        assertEquals(List.of(), told);
        alone.getField("source").set(null, source);
        refused(hook, client -> client.getObject(request -> request.bucket("data").key("x")));

        assertEquals(List.of("{accessKeyId=AKIABASE, code=InvalidToken, operation=GetObject, refusedBucket=data, status=400}"), told);
    }
}

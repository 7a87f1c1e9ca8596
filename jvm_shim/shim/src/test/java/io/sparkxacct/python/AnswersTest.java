package io.sparkxacct.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.sparkxacct.session.Clock;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.FailureFields;
import io.sparkxacct.session.Offer;
import io.sparkxacct.session.RoleSession;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswersTest {
    private static final long NOW = Instant.parse("2026-11-28T19:00:00.250Z").toEpochMilli();
    private static final ServedRole PARTNER = new ServedRole("partner", "arn:aws:iam::444455556666:role/partner", "/path-1/partner", "token-1");
    private static final ServedRole HUB = new ServedRole("hub", "arn:aws:iam::111122223333:role/hub", "/path-2/hub", "token-2");

    private RoleOffers offers = role -> new Offer(
        new RoleSession("ASIA" + role, "secret-" + role, "session-" + role, Instant.parse("2026-11-28T23:00:00Z")), 3_600_000, 0);

    @Test
    void givesARoleSessionInTheFormOfContainerCredentials() {
        assertEquals("{\"AccessKeyId\":\"ASIApartner\",\"Expiration\":\"2026-11-28T20:00:00Z\",\"RoleArn\":\"arn:aws:iam::444455556666:role/partner\","
            + "\"SecretAccessKey\":\"secret-partner\",\"Token\":\"session-partner\"}", answer("GET /path-1/partner", "127.0.0.1", "token-1").body());
    }

    @ParameterizedTest
    @CsvSource({
        "GET  /path-1/partner,  127.0.0.1,           token-1,  200",
        "GET  /path-1/partner,  127.0.0.1:4711,      token-1,  200",
        "GET  /path-1/partner,  localhost,           token-1,  200",
        "GET  /path-1/partner,  localhost:4711,      token-1,  200",
        "GET  /path-2/hub,      localhost:4711,      token-2,  200",
        "GET  /path-1/partner,  127.0.0.1,           token-2,  401",
        "GET  /path-1/partner,  127.0.0.1,           token-,   401",
        "GET  /path-1/partner,  127.0.0.1,           token-12, 401",
        "GET  /path-1/partner,  127.0.0.1,           '',       401",
        "GET  /path-1/partner,  127.0.0.1,           Bearer token-1, 401",
        "GET  /path-1/hub,      127.0.0.1,           token-1,  404",
        "GET  /path-1/partner/, 127.0.0.1,           token-1,  404",
        "GET  /path-1/partner?, 127.0.0.1,           token-1,  404",
        "GET  /,                127.0.0.1,           token-1,  404",
        "POST /path-1/partner,  127.0.0.1,           token-1,  405",
        "HEAD /path-1/partner,  127.0.0.1,           token-1,  405",
        "get  /path-1/partner,  127.0.0.1,           token-1,  405",
        "GET  /path-1/partner,  evil.example,        token-1,  400",
        "GET  /path-1/partner,  evil.example:4711,   token-1,  400",
        "GET  /path-1/partner,  127.0.0.1:4712,      token-1,  400",
        "GET  /path-1/partner,  127.0.0.1:,          token-1,  400",
        "GET  /path-1/partner,  127.0.0.1.evil.example, token-1, 400",
        "GET  /path-1/partner,  localhost:4711:4711, token-1,  400",
        "GET  /path-1/partner,  '',                  token-1,  400",
    })
    void givesItToTheHolderOfTheRolesOwnTokenOnLoopbackOnly(String line, String host, String token, int status) {
        Reply reply = answer(line.replaceAll(" +", " "), host, token);

        assertEquals(status, reply.status());
        assertEquals(status == 200, !reply.body().isEmpty());
    }

    @Test
    void aFailureIsToldInAllItsWords() {
        Failure denied = FailureFields.read(Map.of("kind", "DENIED", "problem", "refused by STS: AccessDenied", "code", "AccessDenied", "role",
            "partner", "advice", "account 444455556666 must let it", "stsMessage", "User: x is not authorized", "retryInMillis", "30000",
            "hop.role", "partner", "hop.number", "2", "hop.hops", "2"), NOW);
        offers = role -> {
            throw new FailureException(denied);
        };

        assertEquals("{\"code\":\"DENIED\",\"failure\":{\"advice\":\"account 444455556666 must let it\",\"attempts\":\"0\",\"code\":\"AccessDenied\","
            + "\"kind\":\"DENIED\",\"problem\":\"refused by STS: AccessDenied\",\"retryInMillis\":\"30000\",\"role\":\"partner\","
            + "\"stsMessage\":\"User: x is not authorized\"},\"message\":\"role partner: refused by STS: AccessDenied; account 444455556666 must"
            + " let it; retry after 19:00:30 UTC\"}", answer("GET /path-1/partner", "localhost", "token-1").body());
        assertEquals(503, answer("GET /path-1/partner", "localhost", "token-1").status());
    }

    @Test
    void whatNobodyExpectedIsAFailureToo() {
        offers = role -> {
            throw new IllegalStateException("broken");
        };

        assertEquals("{\"code\":\"UNREACHABLE\",\"failure\":{\"attempts\":\"0\",\"kind\":\"UNREACHABLE\",\"problem\":\"no session can be given:"
            + " java.lang.IllegalStateException: broken\",\"role\":\"partner\"},\"message\":\"role partner: no session can be given:"
            + " java.lang.IllegalStateException: broken\"}", answer("GET /path-1/partner", "localhost", "token-1").body());
    }

    @Test
    void anAnswerIsNotKeptAndEndsTheConnection() {
        assertEquals("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
            text(answer("GET /path-1/partner", "localhost", "wrong")));
        assertEquals("HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
            text(answer("PUT /path-1/partner", "localhost", "token-1")));
        String head = text(answer("GET /path-1/partner", "localhost", "token-1")).split("\r\n\r\n")[0];
        assertEquals("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 177\r\nCache-Control: no-store\r\nConnection: close", head);
    }

    @Test
    void nothingShowsASecret() {
        String shown = PARTNER + " " + answer("GET /path-1/partner", "localhost", "token-1");

        assertEquals("ServedRole(partner) Reply(200)", shown);
        assertFalse(ServedRole.drawn("partner", "arn", new java.security.SecureRandom()).toString().contains("/"));
    }

    private Reply answer(String line, String host, String token) {
        String text = line + " HTTP/1.1\r\n" + (host.isEmpty() ? "" : "Host: " + host + "\r\n") + "Authorization: " + token + "\r\n\r\n";
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return new Answers(List.of(PARTNER, HUB), 4711, offers, new StoppedClock()).to(Request.read(bytes, bytes.length));
    }

    private static String text(Reply reply) {
        return new String(reply.bytes(), StandardCharsets.US_ASCII);
    }

    private static final class StoppedClock implements Clock {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public long millis() {
            return NOW;
        }

        @Override
        public void await(CompletableFuture<?> event, long nanos) {
            throw new AssertionError("nobody waits here");
        }
    }
}

package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.sparkxacct.session.Failure.Kind;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What people read when something fails. */
class FailureTest {
    private static final String HUB = "arn:aws:iam::111122223333:role/hub";
    private static final String READER = "arn:aws:iam::444455556666:role/reader";
    private static final String STS = "https://sts.eu-west-1.amazonaws.com";
    private static final Hop HOP = new Hop("partner", 2, 2, READER);

    static Stream<Arguments> answers() {
        return Stream.of(
            Arguments.of(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole on resource: y", HUB, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: AccessDenied; account 444455556666 must let " + HUB
                    + " assume it (trust policy), or account 111122223333 must allow sts:AssumeRole on it"),
            Arguments.of(403, "AccessDenied", "User: x is not authorized to perform: sts:TagSession on resource: y", HUB, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: AccessDenied; account 444455556666 must let " + HUB
                    + " call sts:TagSession on it (trust policy), or account 111122223333 must allow sts:TagSession on it"),
            Arguments.of(403, "AccessDenied", null, null, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: AccessDenied; account 444455556666 must let the base"
                    + " identity assume it (trust policy), or the account of the base identity must allow sts:AssumeRole on it"),
            Arguments.of(403, "ExpiredToken", "expired", HUB, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: ExpiredToken; the credentials of " + HUB
                    + " that signed the call are expired or revoked"),
            Arguments.of(403, "RegionDisabledException", "no", HUB, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: RegionDisabledException; account 444455556666 must"
                    + " activate STS in the Region of sts.region"),
            Arguments.of(400, "PackedPolicyTooLarge", "112%", HUB, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: PackedPolicyTooLarge; shorten session_policy or tags of"
                    + " role partner"),
            Arguments.of(400, "ValidationError", "too long", HUB, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: ValidationError"),
            Arguments.of(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", HUB, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: ValidationError; shorten duration of role partner, or account"
                    + " 444455556666 must raise the role's MaxSessionDuration"),
            Arguments.of(400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
                HUB, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: ValidationError; shorten duration of role partner"),
            Arguments.of(403, "SignatureDoesNotMatch", "Signature expired: 20261122T100000Z is now earlier than 20261122T110000Z", HUB, Kind.DENIED,
                "bucket partner-data: hop 2 of 2 (" + READER + ") refused by STS: SignatureDoesNotMatch; set the clock of this host: STS refuses"
                    + " requests whose time is minutes off"),
            Arguments.of(407, "HTTP 407", "who are you", HUB, Kind.UNREACHABLE,
                "bucket partner-data: hop 2 of 2 (" + READER + "): STS at " + STS + " answered 407 (HTTP 407)"),
            Arguments.of(408, "HTTP 408", null, HUB, Kind.UNREACHABLE,
                "bucket partner-data: hop 2 of 2 (" + READER + "): STS at " + STS + " answered 408 (HTTP 408)"),
            Arguments.of(400, "Throttling", "Rate exceeded", HUB, Kind.THROTTLED,
                "bucket partner-data: hop 2 of 2 (" + READER + "): STS throttled (Throttling)"),
            Arguments.of(429, "Whatever", null, HUB, Kind.THROTTLED,
                "bucket partner-data: hop 2 of 2 (" + READER + "): STS throttled (Whatever)"),
            Arguments.of(503, "ServiceUnavailable", null, HUB, Kind.UNREACHABLE,
                "bucket partner-data: hop 2 of 2 (" + READER + "): STS at " + STS + " answered 503 (ServiceUnavailable)"),
            Arguments.of(400, "IDPCommunicationError", null, HUB, Kind.UNREACHABLE,
                "bucket partner-data: hop 2 of 2 (" + READER + "): STS at " + STS + " answered 400 (IDPCommunicationError)"));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void anAnswerOfSts(int status, String code, String message, String caller, Kind kind, String line) {
        Failure failure = HOP.answered(status, code, message, caller, STS);
        assertEquals(kind, failure.kind());
        assertEquals(code, failure.code());
        assertEquals(line, failure.firstLine("partner-data"));
        assertEquals(message == null ? line : line + "\n" + message, failure.message("partner-data"));
    }

    @Test
    void aRefusedRoleWithAnExternalIdMayHaveTheWrongOne() {
        Hop hop = new Hop("partner", 2, 2, READER, true);

        assertEquals("role partner: hop 2 of 2 (" + READER + ") refused by STS: AccessDenied; account 444455556666 must let " + HUB
            + " assume it (trust policy), or account 111122223333 must allow sts:AssumeRole on it; STS gives the same answer to a wrong external id",
            hop.answered(403, "AccessDenied", "no", HUB, STS).firstLine(null));
    }

    @Test
    void noAnswerOfSts() {
        assertEquals("role partner: hop 2 of 2 (" + READER + "): STS at " + STS + " cannot be reached: connection refused",
            HOP.unreachable(STS, "connection refused").firstLine(null));
    }

    @Test
    void attemptsAndTheTimeOfTheNextOne() {
        Failure throttled = HOP.answered(400, "Throttling", null, HUB, STS).after(4).retryAfter(Instant.parse("2027-01-15T08:00:30.900Z"));
        assertEquals("bucket b: hop 2 of 2 (" + READER + "): STS throttled (Throttling) after 4 attempts; retry after 08:00:30 UTC",
            throttled.firstLine("b"));
        assertEquals("bucket b: hop 2 of 2 (" + READER + "): STS throttled (Throttling) after 1 attempt", HOP
            .answered(400, "Throttling", null, HUB, STS).after(1).firstLine("b"));
    }

    @Test
    void anUndeclaredBucket() {
        assertEquals("bucket x is not declared; otherwise: deny refuses it; add it to buckets: or own: in the declaration"
            + " (plan 7f3ac0112233)",
            Failure.undeclared("bucket x is not declared; otherwise: deny refuses it", "7f3ac0112233").firstLine("x"));
    }

    @Test
    void aBaseIdentityThatIsAnother() {
        Failure failure = Failure.ofBase(Kind.BASE_MISSING,
            "the base identity is arn:a, the declaration says arn:b (base.arn)", "fix it, or base.arn", null, null)
            .readAs(new Hop("hub", 1, 1, HUB)).readAs(HOP);
        assertEquals("role partner: hop 1 of 2 (" + HUB + "): the base identity is arn:a, the declaration says arn:b (base.arn);"
            + " fix it, or base.arn", failure.firstLine(null));
        assertNull(failure.code());
    }

    @Test
    void theReaderOfALongerChainSeesItsOwnLength() {
        Failure hub = new Hop("hub", 1, 1, HUB).answered(403, "AccessDenied", null, null, STS).readAs(new Hop("partner", 3, 3, READER));
        assertEquals("partner", hub.role());
        assertEquals(1, hub.hop().number());
        assertEquals(3, hub.hop().hops());
        assertEquals("hub", hub.hop().role());
    }

    @Test
    void theExceptionSaysTheSameAndHasNoCause() {
        Failure failure = HOP.answered(403, "ValidationError", "too long", HUB, STS);
        FailureException exception = new FailureException(failure);
        assertEquals(failure.firstLine(null) + "\ntoo long", exception.getMessage());
        assertNull(exception.getCause());
        assertEquals("DENIED: " + failure.firstLine(null), failure.toString());
    }

    @Test
    void aSessionShowsItsKeyIdAndNoSecret() {
        assertEquals("RoleSession(ASIAEXAMPLE, expires 2027-01-15T08:00:00Z)",
            new RoleSession("ASIAEXAMPLE", "the-secret", "the-token", Instant.parse("2027-01-15T08:00:00Z")).toString());
        assertEquals("RoleSession(AKIAEXAMPLE, expires never)", new RoleSession("AKIAEXAMPLE", "the-secret", null, null).toString());
    }
}

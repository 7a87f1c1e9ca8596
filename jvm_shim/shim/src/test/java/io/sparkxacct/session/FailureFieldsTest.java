package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sparkxacct.session.Failure.Kind;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A failure reads the same in another JVM. */
class FailureFieldsTest {
    private static final long NOW = 1_800_000_000_000L; // 2027-01-15T08:00:00Z
    private static final Hop HOP = new Hop("hub", 1, 2, "arn:aws:iam::111122223333:role/hub");

    static Stream<Failure> failures() {
        return Stream.of(
            HOP.answered(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole", null, "sts"),
            HOP.answered(400, "Throttling", "Rate exceeded", null, "sts").after(3).retryAfter(Instant.ofEpochMilli(NOW + 61_000)),
            HOP.unreachable("https://sts", "connection refused").readAs(new Hop("partner", 2, 2, "arn:aws:iam::444455556666:role/partner")),
            HOP.plan("the external id cannot be resolved: file /a cannot be read", "put it there"),
            Failure.baseMissing("no credentials", "run it with some"),
            Failure.plan("no STS", null),
            Failure.undeclared("bucket x is not declared", "0123456789ab"),
            Failure.unanswered("partner", "the driver did not answer").retryAfter(Instant.ofEpochMilli(NOW - 5)),
            Failure.ofBase(Kind.THROTTLED, "STS throttled", null, "Throttling", "Rate\nexceeded"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void everyFieldComesBack(Failure failure) {
        Failure read = FailureFields.read(FailureFields.of(failure, NOW), NOW);

        assertEquals(everything(failure), everything(read));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void everyKindComesBack(Kind kind) {
        Failure failure = Failure.ofBase(kind, "a problem", null, null, null);

        assertEquals(everything(failure), everything(FailureFields.read(FailureFields.of(failure, NOW), NOW)));
    }

    @Test
    void onlyWhatIsThereTravels() {
        assertEquals(Map.of("kind", "PLAN", "problem", "no STS", "attempts", "0"), FailureFields.of(Failure.plan("no STS", null), NOW));
    }

    @Test
    void theNextAttemptIsByTheReadersClock() {
        Failure failure = Failure.plan("no STS", null).retryAfter(Instant.ofEpochMilli(NOW + 30_000));

        Failure read = FailureFields.read(FailureFields.of(failure, NOW), NOW + 3_600_000);

        assertEquals("PLAN: no STS; retry after 09:00:30 UTC", read.toString());
    }

    @ParameterizedTest
    @CsvSource({"kind,", "problem,", "kind,WHATEVER", "attempts,many", "hop.number,one", "hop.number,", "hop.hops,", "hop.role,", "retryInMillis,soon"})
    void otherFieldsAreRefused(String name, String value) {
        Map<String, String> fields = new HashMap<>(FailureFields.of(
            HOP.answered(403, "AccessDenied", "no", null, "sts").retryAfter(Instant.ofEpochMilli(NOW)), NOW));
        fields.put(name, value);
        fields.values().removeIf(Objects::isNull);

        assertThrows(IllegalArgumentException.class, () -> FailureFields.read(fields, NOW));
    }

    private static String everything(Failure failure) {
        return String.join("|", String.valueOf(failure.kind()), failure.role(), String.valueOf(failure.hop()),
            failure.hop() == null ? "" : failure.hop().role(), failure.code(), failure.problem(), failure.advice(), failure.stsMessage(),
            String.valueOf(failure.attempts()), String.valueOf(failure.retryAfter()), failure.message("bucket"));
    }
}

package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefreshPolicyTest {
    @ParameterizedTest
    @CsvSource({"PT1H, 0, PT30M", "PT1H, 1, PT27M", "PT12H, 0.5, PT5H42M", "PT3S, 0, PT1.5S", "PT3S, 1, PT1.35S"})
    void refreshIsAtHalfOfLifeLessAJitterOfATwentieth(Duration life, double random, Duration after) {
        assertEquals(after, Duration.ofNanos(new RefreshPolicy(() -> random).refreshAfter(life.toNanos())));
    }

    @ParameterizedTest
    @CsvSource({"1, 0, PT1S", "1, 1, PT2S", "2, 1, PT4S", "5, 1, PT32S", "6, 1, PT1M", "6, 0, PT1S", "7, 0.5, PT30.5S", "1000, 1, PT1M"})
    void backOffIsBetweenOneSecondAndACeilingThatDoublesToAMinute(int failures, double random, Duration delay) {
        assertEquals(delay, Duration.ofNanos(new RefreshPolicy(() -> random).backOff(failures)));
    }

    @ParameterizedTest
    @CsvSource({"1, PT30S", "2, PT1M", "3, PT2M", "4, PT2M", "1000, PT2M"})
    void aDenialIsRememberedLongerEachTime(int denials, Duration life) {
        assertEquals(life, Duration.ofNanos(RefreshPolicy.negativeLife(denials)));
    }

    @ParameterizedTest
    @CsvSource({"PT1H, PT1M, PT1M", "PT15M, PT1M, PT1M", "PT5S, PT0.5S, PT1.25S", "PT2S, PT0.2S, PT1S"})
    void marginAndProbeShrinkWithLivesOfSeconds(Duration life, Duration margin, Duration probe) {
        assertEquals(margin, Duration.ofNanos(RefreshPolicy.parentMargin(life.toNanos())));
        assertEquals(probe, Duration.ofNanos(RefreshPolicy.suspectProbe(life.toNanos())));
    }

    @ParameterizedTest
    @CsvSource({
        // renewal, life, random, after
        "PT27M, PT1H, 0, PT27M",
        "PT27M, PT1H, 1, PT28M",
        "PT27M, PT1H, 0.5, PT27M30S",
        // its owner is late, or does it now
        "-PT3M, PT30M, 0, PT1S",
        "-PT3M, PT30M, 0.5, PT30S",
        "PT0S, PT30M, 1, PT1M",
        // never in the last fifth
        "PT59M, PT1H, 1, PT48M",
        "PT1H, PT10M, 0, PT8M",
        // lives of seconds
        "PT1.5S, PT3S, 0, PT1.5S",
        "PT1.5S, PT3S, 1, PT1.8S",
        "PT0S, PT3S, 0, PT0.3S",
        "PT0S, PT0.1S, 0, PT0.01S",
    })
    void whatSomebodyElseRenewsIsAskedForSoonAfterHisRenewal(Duration renewal, Duration life, double random, Duration after) {
        assertEquals(after, Duration.ofNanos(new RefreshPolicy(() -> random).askAgainAfter(renewal.toNanos(), life.toNanos())));
    }
}

package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sparkxacct.session.Count;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExecutorTallyTest {
    /** What is said, one "executor.began=fetches" after the other; a tally remembers two executors. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "nothing yet,                            '',                      0, 0",
        "the latest of one counts,               '1.5=3 1.5=7',           7, 1",
        "who says less was overtaken,            '1.5=7 1.5=3',           7, 1",
        "several are summed,                     '1.5=3 2.5=4',           7, 2",
        "a later JVM of an id begins anew,       '1.5=3 1.9=2',           5, 1",
        "and the earlier one stays in the sum,   '1.5=3 1.9=2 1.9=4',     7, 1",
        "a late word of the earlier one is known,'1.5=3 1.9=2 1.5=3',     5, 1",
        "who is forgotten stays in the sum,      '1.5=3 2.5=4 3.5=5',    12, 2",
        "who was silent longest is forgotten,    '1.5=3 2.5=4 1.5=4 3.5=5 1.5=6', 15, 2",
    })
    void theSumOnlyGrows(String rule, String said, long fetches, int executors) {
        ExecutorTally tally = new ExecutorTally(2);
        long before = 0;
        for (String one : said.isEmpty() ? new String[0] : said.split(" ")) {
            String[] parts = one.split("[.=]");
            tally.take(new Messages.Counted(parts[0], Long.parseLong(parts[1]), Map.of(Count.FETCHES, Long.valueOf(parts[2]))));
            assertEquals(Math.max(before, tally.sum(Count.FETCHES)), tally.sum(Count.FETCHES), one);
            before = tally.sum(Count.FETCHES);
        }

        assertEquals(fetches + " of " + executors, tally.sum(Count.FETCHES) + " of " + tally.executors(), rule);
        assertEquals(0, tally.sum(Count.ASKS));
    }

    @Test
    void aQuestionWithoutCountsChangesNothing() {
        ExecutorTally tally = new ExecutorTally();
        tally.take(null);

        assertEquals(0, tally.executors());
    }

    @Test
    void tenThousandAreRemembered() {
        ExecutorTally tally = new ExecutorTally();
        for (int executor = 0; executor < 10_500; executor++) {
            tally.take(new Messages.Counted(Integer.toString(executor), 1, Map.of(Count.ASKS, 1L)));
        }

        assertEquals("10500 of 10000", tally.toMap().get("asks") + " of " + tally.executors());
    }
}

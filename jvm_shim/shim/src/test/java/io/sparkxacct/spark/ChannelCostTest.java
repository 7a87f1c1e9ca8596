package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.session.StsCalls;
import io.sparkxacct.testkit.Vectors;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelCostTest {
    private static final Channel SEALED = Channel.of(Channel.Kind.SEALED, "sealed");
    private static final Channel LOCAL = Channel.of(Channel.Kind.LOCAL, "driver and executor are one JVM");

    @TestFactory
    Stream<DynamicTest> callsOfSharedVectors() {
        return Vectors.list("sts_calls.json").stream().map(vector -> DynamicTest.dynamicTest(vector.get("name").asText(),
            () -> assertEquals(vector.get("calls").asLong(), StsCalls.anHour(plan(vector.get("name").asText())))));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(nullValues = "-", value = {
        "-,                                           ' in all instead of as many in each JVM'",
        "executor.instances=10,                       ' instead of 22'",
        "executor.instances=0,                        ' instead of 2'",
        "executor.instances=2147483646,               ' instead of 4,294,967,294'",
        "dynamicAllocation.maxExecutors=10,           ' in all instead of as many in each JVM'",
        "dynamicAllocation.enabled=true executor.instances=10,              ' in all instead of as many in each JVM'",
        "dynamicAllocation.enabled=true executor.instances=10 dynamicAllocation.maxExecutors=20, ' instead of 42'",
        "dynamicAllocation.enabled=true dynamicAllocation.maxExecutors=2147483647, ' in all instead of as many in each JVM'",
        "executor.instances=many,                     ' in all instead of as many in each JVM'",
        "executor.instances=-1,                       ' in all instead of as many in each JVM'",
    })
    void executorsAreCountedAsFarAsSparksSettingsTell(String settings, String instead) {
        assertEquals("executors get role sessions from the driver, 2 STS calls an hour" + instead + ": sealed", words(SEALED, "one hop of an hour", settings));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"-", "executor.instances=10"})
    void whereThereIsNothingToSaveNoNumbersAreTold(String settings) {
        assertEquals("executors get role sessions from the driver: driver and executor are one JVM", words(LOCAL, "one hop of an hour", settings));
        assertEquals("executors get role sessions from the driver: sealed", words(SEALED, "no hop", settings));
    }

    private static String words(Channel channel, String vector, String settings) {
        Map<String, String> all = new HashMap<>();
        for (String setting : settings == null ? new String[0] : settings.split(" ")) {
            all.put("spark." + setting.split("=")[0], setting.split("=")[1]);
        }
        return ChannelCost.words(channel, plan(vector), all::get);
    }

    private static Plan plan(String vector) {
        return Vectors.list("sts_calls.json").stream().filter(one -> one.get("name").asText().equals(vector))
            .map(one -> PlanReader.fromJson(one.get("plan").toString())).findFirst().orElseThrow();
    }
}

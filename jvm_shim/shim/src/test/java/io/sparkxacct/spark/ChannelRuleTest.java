package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sparkxacct.spark.Channel.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings stand in tables without their "spark.": "authenticate network.crypto.enabled" means both are true. */
class ChannelRuleTest {
    private static final String SERVED = "executors get role sessions from the driver, 20 STS calls an hour instead of 5,000: ";
    private static final String SEALED = SERVED + "messages are sealed with a key that YARN carries to the application's containers";
    private static final String ON_PURPOSE = SERVED
        + "spark.xacct.broker.unauthenticated is true: whoever reaches the driver's RPC port can take them, whoever sees the network can read them";
    private static final String CRYPTO = SERVED + "spark.authenticate and spark.network.crypto.enabled protect Spark's RPC";
    private static final String ASK_STS = "executors ask STS themselves, 5,000 STS calls an hour: ";
    private static final String OPEN = ASK_STS + "Spark's RPC is not authenticated; with ";
    private static final String CLEAR = ASK_STS + "Spark's RPC is authenticated but not encrypted; with ";
    private static final String THEN = " they get role sessions from the driver, 20 STS calls an hour";

    static Stream<Arguments> channels() {
        return Stream.of(
            row("local", "", Kind.LOCAL, SERVED + "driver and executor are one JVM"),
            row("local[*]", "xacct.broker.unauthenticated", Kind.LOCAL, SERVED + "driver and executor are one JVM"),
            row("local[2]", "authenticate", Kind.LOCAL, SERVED + "driver and executor are one JVM"),

            row("spark://host:7077", "authenticate network.crypto.enabled", Kind.PROTECTED, CRYPTO),
            row("k8s://https://host", "authenticate network.crypto.enabled xacct.broker.unauthenticated", Kind.PROTECTED, CRYPTO),
            row("yarn", "authenticate network.crypto.enabled", Kind.PROTECTED, CRYPTO),
            row("k8s://https://host", "authenticate authenticate.enableSaslEncryption", Kind.PROTECTED,
                SERVED + "spark.authenticate and spark.authenticate.enableSaslEncryption protect Spark's RPC"),
            row("k8s://https://host", "authenticate ssl.rpc.enabled", Kind.PROTECTED,
                SERVED + "spark.authenticate and spark.ssl.rpc.enabled protect Spark's RPC"),
            row("local-cluster[2,1,512]", "authenticate network.crypto.enabled", Kind.PROTECTED, CRYPTO),
            row("custom:emr-serverless", "ssl.internode.enabled", Kind.PROTECTED,
                SERVED + "spark.ssl.internode.enabled protects Spark's RPC"),

            row("yarn", "", Kind.SEALED, SEALED),
            row("yarn", "authenticate", Kind.SEALED, SEALED),
            row("yarn", "network.crypto.enabled", Kind.SEALED, SEALED),
            row("yarn", "xacct.broker.unauthenticated", Kind.SEALED, SEALED),

            row("spark://host:7077", "xacct.broker.unauthenticated", Kind.UNPROTECTED_ON_PURPOSE, ON_PURPOSE),
            row("k8s://https://host", "authenticate xacct.broker.unauthenticated", Kind.UNPROTECTED_ON_PURPOSE, ON_PURPOSE),

            row("k8s://https://host", "", Kind.NONE, OPEN + "spark.authenticate=true and spark.network.crypto.enabled=true" + THEN),
            row("k8s://https://host", "authenticate", Kind.NONE, CLEAR + "spark.network.crypto.enabled=true" + THEN),
            row("k8s://https://host", "network.crypto.enabled", Kind.NONE, OPEN + "spark.authenticate=true" + THEN),
            row("k8s://https://host", "ssl.rpc.enabled", Kind.NONE, OPEN + "spark.authenticate=true" + THEN),
            row("k8s://https://host", "authenticate ssl.enabled", Kind.NONE, CLEAR + "spark.network.crypto.enabled=true" + THEN),
            row("k8s://https://host", "ssl.internode.enabled", Kind.NONE, ASK_STS + "Spark's RPC is not authenticated"
                + " (spark.ssl.internode.enabled is for EMR Serverless); with spark.authenticate=true and spark.network.crypto.enabled=true" + THEN),
            row("custom:emr-serverless", "", Kind.NONE, OPEN + "spark.ssl.internode.enabled=true" + THEN),
            row("spark://host:7077", "", Kind.NONE, OPEN + "spark.authenticate=true, spark.network.crypto.enabled=true and one"
                + " spark.authenticate.secret for master, workers and application" + THEN),
            row("spark://host:7077", "authenticate", Kind.NONE, CLEAR + "spark.network.crypto.enabled=true" + THEN),
            row("local-cluster[2,1,512]", "", Kind.NONE, OPEN + "spark.authenticate=true, spark.network.crypto.enabled=true and one"
                + " spark.authenticate.secret for master, workers and application" + THEN),
            row(null, "", Kind.NONE, OPEN + "spark.authenticate=true and spark.network.crypto.enabled=true" + THEN));
    }

    @ParameterizedTest(name = "{0} with {1}")
    @MethodSource("channels")
    void aChannelAndItsWords(String master, String settings, Kind kind, String words) {
        Channel channel = ChannelRule.choose(settings(settings)::get, master, true, true);
        assertEquals(kind, channel.kind());
        assertEquals(words, channel.words(20, 5_000));
        assertEquals(kind != Kind.NONE, channel.isOpen());
        assertEquals(words.replaceAll(", [\\d,]+ STS calls? an hour( instead of [\\d,]+)?", ""), channel.words());
        assertEquals(kind + ": " + channel.words(), channel.toString());
        assertTrue(words.contains(channel.reason()));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
        "authenticate network.crypto.enabled | executors get role sessions from the driver, 6 STS calls an hour in all instead of as many in each JVM:"
            + " spark.authenticate and spark.network.crypto.enabled protect Spark's RPC",
        "authenticate | executors ask STS themselves, 6 STS calls an hour in each JVM: Spark's RPC is authenticated but not encrypted; with"
            + " spark.network.crypto.enabled=true they get role sessions from the driver, 6 STS calls an hour in all",
    })
    void whereNobodyKnowsHowManyExecutorsThereWillBe(String settings, String words) {
        assertEquals(words, ChannelRule.choose(settings(settings)::get, "k8s://https://host", true, true).words(6));
    }

    @Test
    void yarnWithoutAKeyThatTravels() {
        assertEquals(OPEN + "spark.authenticate=true, spark.network.crypto.enabled=true, spark.shuffle.service.enabled=false and"
            + " spark.dynamicAllocation.shuffleTracking.enabled=true" + THEN, noKey("").words(20, 5_000));
        assertEquals(CLEAR + "spark.network.crypto.enabled=true" + THEN, noKey("authenticate").words(20, 5_000));
        assertEquals(ON_PURPOSE, noKey("xacct.broker.unauthenticated").words(20, 5_000));
        assertEquals(CRYPTO, noKey("authenticate network.crypto.enabled").words(20, 5_000));
    }

    @ParameterizedTest
    @CsvSource({"'', false, false", "'', true, true", "authenticate, true, false", "network.crypto.enabled, true, true",
        "security.directCredentialProviders.enabled, false, true", "security.directCredentialProviders.enabled authenticate, false, false"})
    void whereSparkShowsTheCredentialsOfItsUser(String settings, boolean kerberos, boolean shown) {
        assertEquals(shown, ChannelRule.showsCredentials(settings(settings)::get, kerberos));
    }

    @Test
    void aSparkWithoutRpcTlsIgnoresTheSetting() {
        assertEquals(ASK_STS + "Spark's RPC is authenticated but not encrypted (this Spark does not know spark.ssl.rpc.enabled);"
            + " with spark.network.crypto.enabled=true" + THEN, withoutRpcTls("authenticate ssl.rpc.enabled").words(20, 5_000));
        assertEquals(CRYPTO, withoutRpcTls("authenticate ssl.rpc.enabled network.crypto.enabled").words(20, 5_000));
    }

    /** Everything but "true" is read as false by Spark's transport; blanks would make one part of Spark read true and another false. */
    @ParameterizedTest
    @CsvSource({"true, PROTECTED", "TRUE, PROTECTED", "True, PROTECTED", "false, NONE", "' true', NONE", "'true ', NONE", "yes, NONE", "1, NONE",
        "'', NONE", "${x}, NONE"})
    void whatIsTrue(String value, Kind kind) {
        Map<String, String> one = new HashMap<>(settings("authenticate"));
        one.put("spark.network.crypto.enabled", value);
        assertEquals(kind, ChannelRule.choose(one::get, "k8s://https://host", true, true).kind());

        Map<String, String> other = new HashMap<>(settings("network.crypto.enabled"));
        other.put("spark.authenticate", value);
        assertEquals(kind, ChannelRule.choose(other::get, "k8s://https://host", true, true).kind());
    }

    @ParameterizedTest
    @ValueSource(strings = {"local[4]", "local[*]", "local[*,4]", "local[2, 3]", "local[2 ,3]"})
    void oneJvm(String master) {
        assertEquals(Kind.LOCAL, ChannelRule.choose(name -> null, master, false, true).kind());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "LOCAL", "local[]", "local[x]", "local-cluster[2,1,512]", "local-cluster", "localhost", "k8s://local",
        "spark://local[*]", "mesos://local", "local[*]\nspark://host", "custom:something"})
    void otherJvms(String master) {
        assertEquals(Kind.NONE, ChannelRule.choose(name -> null, master, true, true).kind());
    }

    @ParameterizedTest
    @ValueSource(strings = {"yarn-client", "yarn-cluster", "YARN", "k8s://yarn", "spark://yarn", "custom:something"})
    void aKeyTravelsOnYarnOnly(String master) {
        assertEquals(Kind.NONE, ChannelRule.choose(name -> null, master, true, true).kind());
    }

    /** All settings that could matter, all combinations, all masters: nothing is served over what is open, unless on purpose. */
    @Test
    void neverOpenWithoutAuthenticationAndEncryption() {
        List<String> names = List.of("authenticate", "network.crypto.enabled", "authenticate.enableSaslEncryption", "ssl.rpc.enabled", "ssl.enabled",
            "ssl.internode.enabled", "shuffle.service.enabled", "io.encryption.enabled", "ssl.ui.enabled");
        int served = 0;
        for (String master : new String[] {"k8s://https://host", "spark://host", "local-cluster[2,1,512]", "custom:x", "custom:emr-serverless",
            "yarn", null}) {
            for (int set = 0; set < 1 << names.size(); set++) {
                List<String> chosen = new ArrayList<>();
                for (int i = 0; i < names.size(); i++) {
                    if ((set >> i & 1) == 1) {
                        chosen.add(names.get(i));
                    }
                }
                Channel channel = ChannelRule.choose(settings(String.join(" ", chosen))::get, master, false, true);
                boolean encrypted = chosen.contains("network.crypto.enabled") || chosen.contains("authenticate.enableSaslEncryption")
                    || chosen.contains("ssl.rpc.enabled");
                boolean serverless = "custom:emr-serverless".equals(master) && chosen.contains("ssl.internode.enabled");
                boolean safe = chosen.contains("authenticate") && encrypted || serverless;
                assertEquals(safe ? Kind.PROTECTED : Kind.NONE, channel.kind(), master + " " + chosen);
                served += safe ? 1 : 0;
                if ("yarn".equals(master) && channel.words().contains("spark.authenticate=true")) {
                    assertTrue(channel.words().contains("spark.shuffle.service.enabled=false"), channel.words());
                }
                assertFalse(channel.words().contains("unauthenticated"), "nobody is invited to open it: " + channel.words());
            }
        }
        assertEquals(7 * 7 * 32 + (512 - 7 * 32) / 2, served);
    }

    @Test
    void oneCallIsNoCalls() {
        assertEquals("executors get role sessions from the driver, 1 STS call an hour instead of 1,234,567: driver and executor are one JVM",
            ChannelRule.choose(name -> null, "local", false, false).words(1, 1_234_567));
    }

    private static Channel noKey(String settings) {
        return ChannelRule.choose(settings(settings)::get, "yarn", false, true);
    }

    private static Channel withoutRpcTls(String settings) {
        return ChannelRule.choose(settings(settings)::get, "k8s://https://host", true, false);
    }

    private static Map<String, String> settings(String names) {
        Map<String, String> settings = new HashMap<>();
        for (String name : names.split(" ")) {
            settings.put("spark." + name, "true");
        }
        return settings;
    }

    private static Arguments row(String master, String settings, Kind kind, String words) {
        return Arguments.of(master, settings, kind, words);
    }
}

package io.sparkxacct.spark;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SealTest {
    private static final Map<String, String> ASK = Map.of("plan", "7f3ac0112233", "roles", "partner,hub");
    private static final Map<String, String> ANSWER = Map.of("key", "ASIAEXAMPLE", "secret", "wJalrXUtnFEMI/K7MDENG", "token", "FwoGZXIvYXdzEXAMPLE");

    private final SetClock driverClock = new SetClock();
    private final SetClock executorClock = new SetClock();
    private final byte[] key = Seal.newKey();
    private final Seal driver = new Seal(key, "run-1", driverClock);
    private final Seal executor = new Seal(key.clone(), "run-1", executorClock);

    @ParameterizedTest
    @MethodSource("plainMaps")
    void whatIsSealedOpensOnTheOtherSide(Map<String, String> plain) throws Exception {
        Map<String, String> ask = executor.sealAsk(plain);
        assertEquals(plain, driver.openAsk(received(ask)));
        assertEquals(Set.of("sealed", "iv", "nonce", "time"), ask.keySet());
        assertEquals("1800000000000", ask.get("time"));

        Map<String, String> answer = driver.sealAnswer(plain, ask.get(Seal.NONCE));
        assertEquals(plain, executor.openAnswer(received(answer), ask.get(Seal.NONCE)));
        assertEquals(Set.of("sealed", "iv"), answer.keySet());
    }

    static Stream<Map<String, String>> plainMaps() {
        return Stream.of(ASK, ANSWER, Map.of(), Map.of("", ""), Map.of("a", "bc", "ab", "c"), Map.of("Zürich", "\u0000\n\uD83D\uDD11"),
            Map.of("long", "x".repeat(49_000)));
    }

    /** Each row makes of a genuine ask the one that arrives. */
    static Stream<Arguments> badAsks() {
        return Stream.of(
            row("a bit of sealed", "wrong key", with("sealed", SealTest::flipped)),
            row("a bit of the iv", "wrong key", with("iv", SealTest::flipped)),
            row("a bit of the nonce", "wrong key", with("nonce", SealTest::flipped)),
            row("a millisecond later", "wrong key", with("time", time -> plus(time, 1))),
            row("no tag", "wrong key", with("sealed", SealTest::withoutItsTag)),
            row("nothing but a tag's length", "wrong key", set("sealed", "A".repeat(22))),
            row("the same time, spelled otherwise", "wrong key", with("time", time -> "0" + time)),
            row("five minutes and a bit ago", "clock off", with("time", time -> plus(time, -300_001))),
            row("five minutes and a bit ahead", "clock off", with("time", time -> plus(time, 300_001))),
            row("1970", "clock off", set("time", "0")),
            row("the last time", "clock off", set("time", "999999999999999")),
            row("a time before 1970", "malformed", with("time", time -> "-" + time.substring(1))),
            row("a time in other digits", "malformed", set("time", "١٨٠٠٠٠٠٠٠٠٠٠٠")),
            row("a time in words", "malformed", set("time", "now")),
            row("a time as a number", "malformed", set("time", 1_800_000_000_000L)),
            row("a long time", "oversized", set("time", "0".repeat(16))),
            row("sealed cut below a tag", "malformed", set("sealed", "A".repeat(20))),
            row("sealed is no base64", "malformed", set("sealed", "§".repeat(40))),
            row("sealed in base64 of another alphabet", "malformed", set("sealed", "+/".repeat(20))),
            row("sealed with line ends", "malformed", with("sealed", sealed -> sealed + "\n")),
            row("sealed too long", "oversized", set("sealed", "A".repeat(64 * 1024 + 4))),
            row("sealed far too long", "oversized", set("sealed", "A".repeat(20_000_000))),
            row("a longer iv", "oversized", with("iv", iv -> iv + "AAAA")),
            row("a shorter iv", "malformed", with("iv", iv -> iv.substring(4))),
            row("an iv with padding", "oversized", with("iv", iv -> iv + "=")),
            row("a longer nonce", "oversized", with("nonce", nonce -> nonce + "A")),
            row("a huge nonce", "oversized", set("nonce", "A".repeat(20_000_000))),
            row("a shorter nonce", "malformed", with("nonce", nonce -> nonce.substring(2))),
            row("spare bits in a nonce", "malformed", set("nonce", "A".repeat(21) + "B")),
            row("a nonce that is no text", "malformed", set("nonce", new byte[16])),
            row("sealed as bytes", "malformed", set("sealed", new byte[40])),
            row("sealed as a map", "malformed", set("sealed", new HashMap<>())),
            row("an iv as a list", "malformed", set("iv", new ArrayList<>())),
            row("an empty sealed", "malformed", set("sealed", "")),
            row("an empty iv", "malformed", set("iv", "")),
            row("an empty nonce", "malformed", set("nonce", "")),
            row("an empty time", "malformed", set("time", "")),
            row("sealed null", "malformed", set("sealed", null)),
            row("iv null", "malformed", set("iv", null)),
            row("nonce null", "malformed", set("nonce", null)),
            row("time null", "malformed", set("time", null)),
            row("a plain ask", "malformed", ask -> Map.of("roles", "partner")),
            row("an empty map", "malformed", ask -> Map.of()),
            row("a map with other keys", "malformed", ask -> new TreeMap<>(Map.of(1, "x"))),
            row("a map that only throws", "malformed", ask -> new HashMap<Object, Object>() {
                private static final long serialVersionUID = 1L;

                @Override
                public Object get(Object name) {
                    throw new UnsupportedOperationException("no");
                }
            }),
            row("no map", "malformed", ask -> null));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badAsks")
    void anAskIsRefused(String what, String reason, UnaryOperator<Map<?, ?>> change) throws Exception {
        Map<String, String> ask = executor.sealAsk(ASK);
        assertRefused(reason, () -> driver.openAsk(change.apply(ask)));

        assertEquals(ASK, driver.openAsk(ask), "a bad copy must not spoil the genuine ask");
    }

    @Test
    void everyBitOfAnAskCounts() {
        Map<String, String> ask = executor.sealAsk(ASK);
        int bits = 0;
        for (String field : List.of("sealed", "iv", "nonce")) {
            byte[] bytes = Base64.getUrlDecoder().decode(ask.get(field));
            for (int bit = 0; bit < bytes.length * 8; bit++, bits++) {
                int number = bit;
                assertRefused("wrong key", () -> driver.openAsk(with(field, text -> flipped(text, number)).apply(ask)));
            }
        }
        assertEquals((16 + 12 + 16 + 4 * 4 + "plan7f3ac0112233rolespartner,hub".length()) * 8, bits);
    }

    @Test
    void everyBitOfAnAnswerCounts() {
        String nonce = executor.sealAsk(ASK).get(Seal.NONCE);
        Map<String, String> answer = driver.sealAnswer(ANSWER, nonce);
        for (String field : List.of("sealed", "iv")) {
            byte[] bytes = Base64.getUrlDecoder().decode(answer.get(field));
            for (int bit = 0; bit < bytes.length * 8; bit++) {
                Map<Object, Object> changed = new HashMap<>(answer);
                changed.put(field, flipped(answer.get(field), bit));
                assertRefused("wrong key", () -> executor.openAnswer(changed, nonce));
            }
        }
    }

    @Test
    void anAskHasOneSpelling() {
        for (String roles : List.of("a", "ab", "abc")) {
            Map<String, String> ask = executor.sealAsk(Map.of("roles", roles));
            for (String field : List.of("sealed", "iv", "nonce")) {
                String text = ask.get(field);
                String again = text.substring(0, text.length() - 1) + next(text.charAt(text.length() - 1));
                Refused refused = assertThrows(Refused.class, () -> driver.openAsk(set(field, again).apply(ask)));
                boolean sameBytes = Arrays.equals(Base64.getUrlDecoder().decode(text), Base64.getUrlDecoder().decode(again));
                assertEquals(sameBytes ? "refused: malformed" : "refused: wrong key", refused.getMessage(), field + " of " + roles);
            }
        }
    }

    @Test
    void anAskOpensOnceAndNoOtherTimeWhileItIsFresh() throws Exception {
        executorClock.setAhead(Duration.ofMinutes(5));
        Map<String, String> ask = executor.sealAsk(ASK);
        assertEquals(ASK, driver.openAsk(ask));
        for (int second = 0; second <= 600; second += 10) {
            assertRefused("replayed", () -> driver.openAsk(ask));
            driverClock.pass(Duration.ofSeconds(10));
        }
        assertRefused("clock off", () -> driver.openAsk(ask));
    }

    @Test
    void aReplayIsRefusedBeforeItsTagIsComputed() throws Exception {
        Map<String, String> ask = executor.sealAsk(ASK);
        driver.openAsk(ask);
        assertRefused("replayed", () -> driver.openAsk(with("sealed", SealTest::flipped).apply(ask)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT5M", "PT-5M", "PT0S"})
    void clocksMayBeFiveMinutesApart(Duration ahead) throws Exception {
        executorClock.setAhead(ahead);
        assertEquals(ASK, driver.openAsk(executor.sealAsk(ASK)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT5M0.001S", "PT-5M-0.001S", "PT1H", "P-3650D"})
    void clocksMayNotBeFurtherApart(Duration ahead) {
        executorClock.setAhead(ahead);
        assertRefused("clock off", () -> driver.openAsk(executor.sealAsk(ASK)));
    }

    @Test
    void anAnswerDoesNotDependOnClocks() throws Exception {
        String nonce = executor.sealAsk(ASK).get(Seal.NONCE);
        driverClock.setAhead(Duration.ofDays(7));
        assertEquals(ANSWER, executor.openAnswer(driver.sealAnswer(ANSWER, nonce), nonce));
    }

    @Test
    void nothingCrossesKeysRunsDirectionsOrAsks() {
        Map<String, String> ask = executor.sealAsk(ASK);
        Map<String, String> other = executor.sealAsk(ASK);
        String nonce = ask.get(Seal.NONCE);
        Map<String, String> answer = driver.sealAnswer(ANSWER, nonce);
        Map<String, String> answerAsAsk = new HashMap<>(ask);
        answerAsAsk.putAll(answer);
        Map<String, String> answerAsAskOfItsOwnNonce = new HashMap<>(answerAsAsk);
        answerAsAskOfItsOwnNonce.put(Seal.NONCE, nonce);
        byte[] nearly = key.clone();
        nearly[31] ^= 1;
        Seal wrongKey = new Seal(nearly, "run-1", driverClock);
        Seal otherRun = new Seal(key, "run-2", driverClock);

        Map<String, Executable> crossings = new TreeMap<>();
        crossings.put("an answer as an ask", () -> driver.openAsk(answerAsAsk));
        crossings.put("an answer as an ask of its own nonce", () -> driver.openAsk(answerAsAskOfItsOwnNonce));
        crossings.put("an ask as its answer", () -> executor.openAnswer(ask, nonce));
        crossings.put("the answer to another ask", () -> executor.openAnswer(answer, other.get(Seal.NONCE)));
        crossings.put("an answer to nothing", () -> executor.openAnswer(answer, ""));
        crossings.put("an ask with another key", () -> driver.openAsk(wrongKey.sealAsk(ASK)));
        crossings.put("an answer with another key", () -> executor.openAnswer(wrongKey.sealAnswer(ANSWER, nonce), nonce));
        crossings.put("an ask of another run", () -> driver.openAsk(otherRun.sealAsk(ASK)));
        crossings.put("an answer of another run", () -> executor.openAnswer(otherRun.sealAnswer(ANSWER, nonce), nonce));
        crossings.put("an ask of another run that has its nonce", () -> {
            Map<String, String> mixed = new HashMap<>(otherRun.sealAsk(ASK));
            mixed.put(Seal.NONCE, nonce);
            driver.openAsk(mixed);
        });
        assertAll(crossings.entrySet().stream().map(crossing -> () -> assertEquals("refused: wrong key",
            assertThrows(Refused.class, crossing.getValue(), crossing.getKey()).getMessage(), crossing.getKey())));
    }

    @Test
    void anAnswerThatIsNoneIsRefused() {
        Map<String, String> answer = driver.sealAnswer(ANSWER, "n");
        Map<String, Map<?, ?>> bad = new TreeMap<>();
        bad.put("an error in plain", Map.of("error", "denied"));
        bad.put("null", null);
        bad.put("no iv", Map.of("sealed", answer.get("sealed")));
        bad.put("nothing sealed", Map.of("iv", answer.get("iv")));
        bad.put("bytes", Map.of("sealed", new byte[40], "iv", answer.get("iv")));
        bad.forEach((what, message) -> assertEquals("refused: malformed",
            assertThrows(Refused.class, () -> executor.openAnswer(message, "n"), what).getMessage(), what));
        assertRefused("oversized", () -> executor.openAnswer(Map.of("sealed", "A".repeat(4 * 1024 * 1024 + 4), "iv", answer.get("iv")), "n"));
    }

    @Test
    void aLongAnswerIsNoLongAsk() throws Exception {
        Map<String, String> plain = Map.of("sessions", "x".repeat(3_000_000));
        assertEquals(plain, executor.openAnswer(driver.sealAnswer(plain, "n"), "n"));
        assertEquals("a sealed message has at most 65536 characters, not 4000043",
            assertThrows(IllegalArgumentException.class, () -> executor.sealAsk(plain)).getMessage());
        assertEquals("a sealed message has at most 4194304 characters, not 4266710",
            assertThrows(IllegalArgumentException.class, () -> driver.sealAnswer(Map.of("sessions", "x".repeat(3_200_000)), "n")).getMessage());
    }

    @Test
    void aNullIsNoValue() {
        Map<String, String> plain = new HashMap<>();
        plain.put("token", null);
        assertEquals("token", assertThrows(NullPointerException.class, () -> executor.sealAsk(plain)).getMessage());
    }

    @Test
    void nothingRepeats() {
        Set<String> parts = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            Map<String, String> ask = executor.sealAsk(ASK);
            Map<String, String> answer = driver.sealAnswer(ANSWER, "n");
            parts.addAll(List.of(ask.get("sealed"), ask.get("iv"), ask.get("nonce"), answer.get("sealed"), answer.get("iv")));
        }
        assertEquals(5_000, parts.size());
        byte[] one = Seal.newKey();
        assertEquals(32, one.length);
        assertNotEquals(HexFormat.of().formatHex(one), HexFormat.of().formatHex(Seal.newKey()));
    }

    @Test
    void theKeyIsCopied() throws Exception {
        byte[] given = key.clone();
        Seal seal = new Seal(given, "run-1", executorClock);
        Arrays.fill(given, (byte) 0);
        assertEquals(ASK, driver.openAsk(seal.sealAsk(ASK)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 16, 31, 33})
    void aKeyHas32Bytes(int length) {
        assertEquals("a key of the broker has 32 bytes, not " + length,
            assertThrows(IllegalArgumentException.class, () -> new Seal(new byte[length], "run-1", driverClock)).getMessage());
    }

    @Test
    void whoHasTheKeyAndTalksNonsenseIsRefused() throws Exception {
        List<byte[]> nonsense = List.of(new byte[] {0}, new byte[] {0, 0, 0, 1}, new byte[] {-1, -1, -1, -1}, new byte[] {127, -1, -1, -1, 'x'},
            new byte[] {0, 0, 0, 0}, hex("00000001" + "61" + "00000000" + "00000001" + "61" + "00000000"));
        for (byte[] plain : nonsense) {
            String nonce = executor.sealAsk(ASK).get(Seal.NONCE);
            Map<String, String> answer = RawSeal.answer(key, "run-1", nonce, plain);
            assertEquals("refused: malformed",
                assertThrows(Refused.class, () -> executor.openAnswer(answer, nonce), HexFormat.of().formatHex(plain)).getMessage());
        }
        assertEquals(Map.of("a", "b"),
            executor.openAnswer(RawSeal.answer(key, "run-1", "n", hex("00000001" + "61" + "00000001" + "62")), "n"));
    }

    @Test
    void asksOfStrangersTakeNoMemoryAndLockNobodyOut() throws Exception {
        Seal small = new Seal(key, "run-1", driverClock, 2);
        Seal stranger = new Seal(Seal.newKey(), "run-1", executorClock);
        for (int i = 0; i < 1_000; i++) {
            assertRefused("wrong key", () -> small.openAsk(stranger.sealAsk(ASK)));
        }
        Map<String, String> good = executor.sealAsk(ASK);
        assertEquals(ASK, small.openAsk(good));
        for (int i = 0; i < 1_000; i++) {
            assertRefused("replayed", () -> small.openAsk(good));
        }
        assertEquals(ASK, small.openAsk(executor.sealAsk(ASK)));
        for (int i = 0; i < 1_000; i++) {
            assertEquals(ASK, small.openAsk(executor.sealAsk(ASK)));
        }
    }

    @Test
    void twentyThreadsShareOneSeal() throws Exception {
        List<Integer> opened = inThreads(20, thread -> {
            int right = 0;
            for (int i = 0; i < 100; i++) {
                Map<String, String> plain = Map.of("thread", thread + "/" + i);
                Map<String, String> ask = executor.sealAsk(plain);
                Map<String, String> asked = driver.openAsk(ask);
                Map<String, String> answer = driver.sealAnswer(asked, ask.get(Seal.NONCE));
                right += plain.equals(executor.openAnswer(answer, ask.get(Seal.NONCE))) ? 1 : 0;
            }
            return right;
        });
        assertEquals(Collections.nCopies(20, 100), opened);
    }

    @Test
    void ofTwentyThreadsWithOneAskOneOpensIt() throws Exception {
        for (int round = 0; round < 50; round++) {
            Map<String, String> ask = executor.sealAsk(ASK);
            List<String> ends = new ArrayList<>(inThreads(20, thread -> {
                try {
                    return driver.openAsk(ask).equals(ASK) ? "opened" : "something else";
                } catch (Refused refused) {
                    return refused.reason().word();
                }
            }));
            assertTrue(ends.remove("opened"));
            assertEquals(Collections.nCopies(19, "replayed"), ends);
        }
    }

    @Test
    void noSecretInAnyText() throws Exception {
        Map<String, String> ask = executor.sealAsk(Map.of("secret", "wJalrXUtnFEMI"));
        Map<String, String> answer = driver.sealAnswer(ANSWER, ask.get(Seal.NONCE));
        List<String> texts = new ArrayList<>(List.of(driver.toString(), ask.toString(), answer.toString()));
        BadAsks badAsks = new BadAsks(driverClock, texts::add);
        Iterator<Arguments> rows = badAsks().iterator();
        while (rows.hasNext()) {
            @SuppressWarnings("unchecked")
            UnaryOperator<Map<?, ?>> change = (UnaryOperator<Map<?, ?>>) rows.next().get()[2];
            Refused refused = assertThrows(Refused.class, () -> driver.openAsk(change.apply(ask)));
            texts.add(refused.toString());
            badAsks.count(refused.reason());
            driverClock.pass(Duration.ofMillis(1));
        }
        badAsks.end();
        Map<String, String> tooLong = Map.of("wJalrXUtnFEMI", "wJalrXUtnFEMI".repeat(9_000));
        texts.add(assertThrows(IllegalArgumentException.class, () -> executor.sealAsk(tooLong)).toString());
        assertEquals("Seal(run run-1)", texts.get(0));
        List<String> secrets = List.of("wJalrXUtnFEMI", "ASIAEXAMPLE", "FwoGZXIvYXdz", HexFormat.of().formatHex(key).substring(0, 12),
            Base64.getEncoder().encodeToString(key).substring(0, 12), Base64.getUrlEncoder().encodeToString(key).substring(0, 12),
            new String(key, StandardCharsets.ISO_8859_1), Arrays.toString(key));
        for (String text : texts) {
            secrets.forEach(secret -> assertFalse(text.contains(secret), text));
        }
    }

    @Test
    void aRefusalIsCheapAndHasNoMore() {
        Refused refused = assertThrows(Refused.class, () -> driver.openAsk(null));
        assertEquals("refused: malformed", refused.getMessage());
        assertNull(refused.getCause());
        assertSame(Refused.Reason.MALFORMED, refused.reason());
        assertArrayEquals(new StackTraceElement[0], refused.getStackTrace());
    }

    private interface Work<T> {
        T of(int thread) throws Exception;
    }

    private static <T> List<T> inThreads(int threads, Work<T> work) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            CyclicBarrier start = new CyclicBarrier(threads);
            List<Callable<T>> tasks = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int thread = i;
                tasks.add(() -> {
                    start.await();
                    return work.of(thread);
                });
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : pool.invokeAll(tasks)) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }

    private static Arguments row(String what, String reason, UnaryOperator<Map<?, ?>> change) {
        return Arguments.of(what, reason, change);
    }

    private static UnaryOperator<Map<?, ?>> set(String field, Object value) {
        return ask -> {
            Map<Object, Object> changed = new HashMap<>(ask);
            changed.put(field, value);
            return changed;
        };
    }

    private static UnaryOperator<Map<?, ?>> with(String field, UnaryOperator<String> change) {
        return ask -> set(field, change.apply((String) ask.get(field))).apply(ask);
    }

    private static void assertRefused(String reason, Executable opening) {
        assertEquals("refused: " + reason, assertThrows(Refused.class, opening).getMessage());
    }

    /** As Spark's RPC brings it. */
    private static Map<?, ?> received(Map<String, String> sent) throws Exception {
        assertSame(HashMap.class, sent.getClass());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(sent);
        }
        return (Map<?, ?>) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    }

    private static String plus(String time, long millis) {
        return Long.toString(Long.parseLong(time) + millis);
    }

    private static String flipped(String base64) {
        return flipped(base64, 3);
    }

    private static String flipped(String base64, int bit) {
        byte[] bytes = Base64.getUrlDecoder().decode(base64);
        bytes[bit / 8] ^= (byte) (1 << bit % 8);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String withoutItsTag(String base64) {
        byte[] bytes = Base64.getUrlDecoder().decode(base64);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(bytes, bytes.length - 16));
    }

    private static char next(char character) {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return alphabet.charAt(alphabet.indexOf(character) ^ 1);
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}

package io.sparkxacct.spark;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MINUTES;

import io.sparkxacct.session.Clock;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Asks and answers of the broker, sealed by AES-256-GCM, over a channel that anybody can read and write.
 *
 * <p>Plain messages are maps of strings without nulls; sealed ones are HashMaps of strings, which every JVM can deserialize. Whoever has
 * the key is trusted. Everybody else can neither read nor make a message, pass one on in the other direction or to another run, nor have
 * an ask opened twice. A receiver reads the four fields below and nothing else of a message. Safe for threads.
 */
final class Seal {
    static final String SEALED = "sealed";
    static final String IV = "iv";
    /** Names an ask; its answer opens with it only. */
    static final String NONCE = "nonce";
    static final String TIME = "time";

    /** How far the clocks of an executor and the driver may be apart. */
    static final long WINDOW_MILLIS = MINUTES.toMillis(5);
    /** Characters of "sealed", so that a stranger's ask costs the driver next to nothing. */
    static final int LONGEST_ASK = 64 * 1024;
    static final int LONGEST_ANSWER = 4 * 1024 * 1024;

    /** Asks of 11 minutes: 150 a second, without a pause; beyond that the oldest are forgotten sooner. Some 25 MB at worst. */
    private static final int MOST_NONCES = 100_000;
    private static final int KEY_BYTES = 32;
    private static final int IV_BYTES = 12;
    private static final int NONCE_BYTES = 16;
    private static final int TAG_BYTES = 16;
    private static final int IV_LENGTH = 16;
    private static final int NONCE_LENGTH = 22;
    private static final int LONGEST_TIME = 15;
    private static final String SCHEME = "spark-xacct seal 1";
    private static final String ASK = "ask";
    private static final String ANSWER = "answer";
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    private final SecretKey key;
    private final String run;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();
    private final SeenNonces seen;

    /**
     * @param key of {@link #newKey}; copied
     * @param run a random id of this application that driver and executors share; no secret
     * @throws IllegalStateException where the JVM has no AES-256-GCM, as Java 8 before 8u161 as it came
     */
    Seal(byte[] key, String run, Clock clock) {
        this(key, run, clock, MOST_NONCES);
    }

    /** @param mostNonces asks of {@link SeenNonces#PERIOD} that are remembered */
    Seal(byte[] key, String run, Clock clock, int mostNonces) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("a key of the broker has " + KEY_BYTES + " bytes, not " + key.length);
        }
        this.key = new SecretKeySpec(key, "AES");
        this.run = Objects.requireNonNull(run, "run");
        this.clock = clock;
        this.seen = new SeenNonces(clock, mostNonces);
        encrypted(random(IV_BYTES), new byte[0], new byte[0]);
    }

    static byte[] newKey() {
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        return key;
    }

    /** Keep its {@link #NONCE} to open the answer. */
    Map<String, String> sealAsk(Map<String, String> plain) {
        String nonce = ENCODER.encodeToString(random(NONCE_BYTES));
        String time = Long.toString(clock.millis());
        Map<String, String> ask = sealed(plain, LONGEST_ASK, boundTo(ASK, nonce, time));
        ask.put(NONCE, nonce);
        ask.put(TIME, time);
        return ask;
    }

    /** The ask in plain. After it the message's {@link #NONCE} is one that this seal made, to be given to {@link #sealAnswer}. */
    Map<String, String> openAsk(Map<?, ?> message) throws Refused {
        String nonce = field(message, NONCE, NONCE_LENGTH);
        String time = field(message, TIME, LONGEST_TIME);
        if (bytes(nonce).length != NONCE_BYTES) {
            throw new Refused(Refused.Reason.MALFORMED);
        }
        checkTime(time);
        // A wall clock that is set back lets an old ask pass once more. Nobody gains by it: the answer is sealed too.
        seen.check(nonce);
        Map<String, String> plain = opened(message, LONGEST_ASK, boundTo(ASK, nonce, time));
        seen.add(nonce);
        return plain;
    }

    /** @param nonce of the ask */
    Map<String, String> sealAnswer(Map<String, String> plain, String nonce) {
        return sealed(plain, LONGEST_ANSWER, boundTo(ANSWER, nonce));
    }

    Map<String, String> openAnswer(Map<?, ?> message, String nonceOfTheAsk) throws Refused {
        return opened(message, LONGEST_ANSWER, boundTo(ANSWER, nonceOfTheAsk));
    }

    @Override
    public String toString() {
        return "Seal(run " + run + ")";
    }

    private Map<String, String> sealed(Map<String, String> plain, int longest, byte[] bound) {
        List<String> texts = new ArrayList<>();
        plain.forEach((name, value) -> {
            texts.add(Objects.requireNonNull(name, "a name"));
            texts.add(Objects.requireNonNull(value, name));
        });
        byte[] iv = random(IV_BYTES);
        String sealed = ENCODER.encodeToString(encrypted(iv, packed(texts), bound));
        if (sealed.length() > longest) {
            throw new IllegalArgumentException("a sealed message has at most " + longest + " characters, not " + sealed.length());
        }
        Map<String, String> message = new HashMap<>();
        message.put(SEALED, sealed);
        message.put(IV, ENCODER.encodeToString(iv));
        return message;
    }

    private Map<String, String> opened(Map<?, ?> message, int longest, byte[] bound) throws Refused {
        byte[] iv = bytes(field(message, IV, IV_LENGTH));
        byte[] sealed = bytes(field(message, SEALED, longest));
        if (iv.length != IV_BYTES || sealed.length < TAG_BYTES) {
            throw new Refused(Refused.Reason.MALFORMED);
        }
        byte[] plain;
        try {
            plain = crypt(Cipher.DECRYPT_MODE, iv, sealed, bound);
        } catch (GeneralSecurityException notOurs) {
            throw new Refused(Refused.Reason.WRONG_KEY);
        }
        List<String> texts = unpacked(plain);
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i + 1 < texts.size(); i += 2) {
            fields.put(texts.get(i), texts.get(i + 1));
        }
        if (fields.size() * 2 != texts.size()) {
            throw new Refused(Refused.Reason.MALFORMED);
        }
        return fields;
    }

    private byte[] encrypted(byte[] iv, byte[] plain, byte[] bound) {
        try {
            return crypt(Cipher.ENCRYPT_MODE, iv, plain, bound);
        } catch (GeneralSecurityException absent) {
            throw new IllegalStateException("this JVM (" + System.getProperty("java.version") + ") has no AES-256-GCM: " + absent.getMessage());
        }
    }

    /** A Cipher is no object for two threads, and making one is cheap. It compares tags in constant time. */
    private byte[] crypt(int mode, byte[] iv, byte[] input, byte[] bound) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, iv));
        cipher.updateAAD(bound);
        return cipher.doFinal(input);
    }

    private byte[] boundTo(String direction, String... more) {
        List<String> texts = new ArrayList<>(Arrays.asList(SCHEME, direction, run));
        texts.addAll(Arrays.asList(more));
        return packed(texts);
    }

    private byte[] random(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private void checkTime(String time) throws Refused {
        long millis = 0;
        for (char digit : time.toCharArray()) {
            if (digit < '0' || digit > '9') {
                throw new Refused(Refused.Reason.MALFORMED);
            }
            millis = millis * 10 + (digit - '0');
        }
        if (Math.abs(clock.millis() - millis) > WINDOW_MILLIS) {
            throw new Refused(Refused.Reason.CLOCK_OFF);
        }
    }

    private static String field(Map<?, ?> message, String name, int longest) throws Refused {
        Object value;
        try {
            value = message == null ? null : message.get(name);
        } catch (RuntimeException strange) {
            // A sorted map with keys of another type, for one.
            throw new Refused(Refused.Reason.MALFORMED);
        }
        if (!(value instanceof String) || ((String) value).isEmpty()) {
            throw new Refused(Refused.Reason.MALFORMED);
        }
        if (((String) value).length() > longest) {
            throw new Refused(Refused.Reason.OVERSIZED);
        }
        return (String) value;
    }

    /** Takes one spelling only: Java's decoder does not look at the spare bits of a last character. */
    private static byte[] bytes(String text) throws Refused {
        byte[] bytes;
        try {
            bytes = DECODER.decode(text);
        } catch (IllegalArgumentException notBase64) {
            throw new Refused(Refused.Reason.MALFORMED);
        }
        if (!ENCODER.encodeToString(bytes).equals(text)) {
            throw new Refused(Refused.Reason.MALFORMED);
        }
        return bytes;
    }

    /** Each text after its length, so that no two lists look the same. */
    private static byte[] packed(List<String> texts) {
        List<byte[]> parts = new ArrayList<>();
        int length = 0;
        for (String text : texts) {
            byte[] part = text.getBytes(UTF_8);
            parts.add(part);
            length += Integer.BYTES + part.length;
        }
        ByteBuffer buffer = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            buffer.putInt(part.length);
            buffer.put(part);
        }
        return buffer.array();
    }

    private static List<String> unpacked(byte[] packed) throws Refused {
        ByteBuffer buffer = ByteBuffer.wrap(packed);
        List<String> texts = new ArrayList<>();
        while (buffer.hasRemaining()) {
            int length = buffer.remaining() < Integer.BYTES ? -1 : buffer.getInt();
            if (length < 0 || length > buffer.remaining()) {
                throw new Refused(Refused.Reason.MALFORMED);
            }
            texts.add(new String(packed, buffer.position(), length, UTF_8));
            buffer.position(buffer.position() + length);
        }
        return texts;
    }
}

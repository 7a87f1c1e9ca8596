package io.sparkxacct.spark;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The seal's format a second time, by hand, for content that {@link Seal} does not write. */
final class RawSeal {
    private RawSeal() {
    }

    static Map<String, String> answer(byte[] key, String run, String nonce, byte[] plain) throws Exception {
        byte[] iv = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        ByteArrayOutputStream bound = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bound);
        for (String text : List.of("spark-xacct seal 1", "answer", run, nonce)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            out.writeInt(bytes.length);
            out.write(bytes);
        }
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, iv));
        cipher.updateAAD(bound.toByteArray());
        Map<String, String> answer = new HashMap<>();
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        answer.put("sealed", encoder.encodeToString(cipher.doFinal(plain)));
        answer.put("iv", encoder.encodeToString(iv));
        return answer;
    }
}

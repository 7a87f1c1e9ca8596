package io.sparkxacct.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sparkxacct.testkit.Vectors;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class KeysTest {
    @Test
    void pythonHasTheSameNamesWithTheSameValues() throws Exception {
        Map<String, String> java = new TreeMap<>();
        for (Field field : Keys.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers())) {
                java.put(field.getName(), (String) field.get(null));
            }
        }
        Map<String, String> python = python();
        python.keySet().retainAll(java.keySet());

        assertEquals(java, python);
    }

    private static Map<String, String> python() throws IOException {
        Matcher constants = Pattern.compile("(?m)^([A-Z_0-9]+) = \"([^\"]*)\"$")
            .matcher(Files.readString(Vectors.repository().resolve("spark_xacct/keys.py")));
        Map<String, String> found = new TreeMap<>();
        while (constants.find()) {
            found.put(constants.group(1), constants.group(2));
        }
        return found;
    }
}

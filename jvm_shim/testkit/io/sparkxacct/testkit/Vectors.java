package io.sparkxacct.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** The files that hold behaviour both languages share, in tests/vectors. */
public final class Vectors {
    private Vectors() {
    }

    public static JsonNode read(String name) {
        try {
            return new ObjectMapper().readTree(repository().resolve("tests/vectors").resolve(name).toFile());
        } catch (IOException unreadable) {
            throw new IllegalStateException(unreadable);
        }
    }

    public static List<JsonNode> list(String name) {
        return items(read(name));
    }

    public static List<JsonNode> items(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    /** An object of strings; empty for an absent one. */
    public static Map<String, String> texts(JsonNode object) {
        Map<String, String> texts = new LinkedHashMap<>();
        object.fields().forEachRemaining(field -> texts.put(field.getKey(), field.getValue().asText()));
        return texts;
    }

    /** The root of the checkout: where tests/vectors is, upwards from the module. */
    public static Path repository() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("tests/vectors"))) {
            folder = folder.getParent();
        }
        return folder;
    }
}

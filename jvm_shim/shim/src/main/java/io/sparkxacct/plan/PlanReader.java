package io.sparkxacct.plan;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Plan text to Plan. Strict: what it does not understand to the last field it refuses. */
public final class PlanReader {
    /** The plan version that this jar reads. */
    public static final int VERSION = 1;

    private static final String FILE = "file:";
    /** Ten thousand buckets take about half a megabyte. */
    private static final int MAXIMUM_BYTES = 16 * 1024 * 1024;
    private static final int MAXIMUM_PARTS = 10_000;
    /** Ends a plan as a blank part does; renderers write it, because Hadoop drops a property of a file whose value is empty. */
    public static final String END = ".";

    private PlanReader() {
    }

    /**
     * Joins fs.xacct.plan, .2, .3 and so on; null when the first is not set. {@code lookup} returns null for an unset key.
     *
     * <p>A further part that is blank or "." ends the plan: settings come in layers, and what stands behind it is of a longer plan below.
     */
    public static String join(Function<String, String> lookup) {
        String first = lookup.apply(Keys.PLAN);
        if (first == null || first.trim().isEmpty()) {
            refuseGap(lookup, 1);
            return null;
        }
        StringBuilder text = new StringBuilder(first.trim());
        for (int number = 2; number <= MAXIMUM_PARTS; number++) {
            String part = lookup.apply(Keys.planPart(number));
            if (part == null) {
                refuseGap(lookup, number);
                break;
            }
            String trimmed = part.trim();
            if (trimmed.isEmpty() || END.equals(trimmed)) {
                break;
            }
            text.append(trimmed);
        }
        return text.toString();
    }

    /** A part beyond a missing one: found within the next few, which is what a lost line looks like. */
    private static void refuseGap(Function<String, String> lookup, int missing) {
        for (int number = missing + 1; number <= missing + 20; number++) {
            if (lookup.apply(Keys.planPart(number)) != null) {
                throw new PlanException("the plan has a gap: " + Keys.planPart(number) + " is set and " + Keys.planPart(missing)
                    + " is not; set all parts again");
            }
        }
    }

    /** Reads "z1:..." or "file:/absolute/path"; the file holds either form or the bare JSON object. */
    public static Plan read(String text) {
        String trimmed = text.trim();
        if (trimmed.startsWith(FILE)) {
            String content = contentOf(trimmed.substring(FILE.length()));
            return content.startsWith("{") ? fromJson(content) : fromJson(unpack(content));
        }
        return fromJson(unpack(trimmed));
    }

    /** Reads a plan's JSON; it need not be canonical. */
    public static Plan fromJson(String json) {
        Object document = Json.parse(json);
        Fields top = Fields.of(document, "");
        int version = top.requiredNumber("v");
        if (version != VERSION) {
            throw new PlanException("the plan has version " + version + "; this jar " + JarVersion.current() + " reads plan version " + VERSION
                + "; update the jar");
        }
        Plan plan = new Plan(
            Json.canonical(document), base(top), sts(top), denies(top), roles(top), bindings(top), top.texts("own"), python(top));
        top.refuseTheRest();
        return plan;
    }

    private static String contentOf(String path) {
        if (!path.startsWith("/")) {
            throw new PlanException("the plan file \"" + path + "\" is not an absolute path; write file:/path/of/plan");
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try (InputStream file = Files.newInputStream(Paths.get(path))) {
            byte[] buffer = new byte[8192];
            for (int count = file.read(buffer); count >= 0; count = file.read(buffer)) {
                content.write(buffer, 0, count);
                if (content.size() > MAXIMUM_BYTES) {
                    throw new PlanException("the plan file " + path + " is larger than 16 MiB, so it is not a plan; write the path of one");
                }
            }
            return new String(content.toByteArray(), StandardCharsets.UTF_8).trim();
        } catch (IOException | InvalidPathException unreadable) {
            throw new PlanException("the plan file " + path + " cannot be read on this host: " + unreadable, unreadable);
        }
    }

    private static String unpack(String text) {
        if (!text.startsWith(PlanText.PACKED)) {
            String start = text.length() > 12 ? text.substring(0, 12) + "..." : text;
            throw new PlanException("the plan text starts with \"" + start + "\"; it must start with \"" + PlanText.PACKED + "\" or \"" + FILE + "\"");
        }
        byte[] packed;
        try {
            packed = Base64.getUrlDecoder().decode(text.substring(PlanText.PACKED.length()));
        } catch (IllegalArgumentException notBase64) {
            throw damaged(text, "it is not base64url");
        }
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(packed);
            ByteArrayOutputStream json = new ByteArrayOutputStream(packed.length * 4);
            byte[] buffer = new byte[8192];
            while (!inflater.finished()) {
                int count = inflater.inflate(buffer);
                if (count == 0 && !inflater.finished()) {
                    throw damaged(text, "it ends too early");
                }
                json.write(buffer, 0, count);
                if (json.size() > MAXIMUM_BYTES) {
                    throw damaged(text, "it unpacks to more than 16 MiB");
                }
            }
            if (inflater.getRemaining() > 0) {
                throw damaged(text, "something follows its end");
            }
            return new String(json.toByteArray(), StandardCharsets.UTF_8);
        } catch (DataFormatException notDeflated) {
            throw damaged(text, "a checksum or code in it is wrong");
        } finally {
            inflater.end();
        }
    }

    private static PlanException damaged(String text, String what) {
        return new PlanException("the plan text is cut or damaged (" + text.length() + " characters: " + what + "); copy it again in full");
    }

    private static Plan.Base base(Fields top) {
        Fields base = Fields.of(top.required("base"), "base");
        Plan.Base read = new Plan.Base(
            base.requiredText("kind"), base.text("arn"), base.text("profile"), base.text("v1"), base.text("v2"));
        base.refuseTheRest();
        return read;
    }

    private static Plan.Sts sts(Fields top) {
        Fields sts = Fields.of(top.required("sts"), "sts");
        Plan.Sts read = new Plan.Sts(sts.requiredText("region"), sts.text("endpoint"));
        sts.refuseTheRest();
        return read;
    }

    private static boolean denies(Fields top) {
        String otherwise = top.requiredText("otherwise");
        if (!Keys.OTHERWISE_DENY.equals(otherwise) && !Keys.OTHERWISE_PLATFORM.equals(otherwise)) {
            throw new PlanException("the plan says otherwise: \"" + otherwise + "\"; known are \"" + Keys.OTHERWISE_PLATFORM + "\" and \""
                + Keys.OTHERWISE_DENY + "\"");
        }
        return Keys.OTHERWISE_DENY.equals(otherwise);
    }

    private static Map<String, Plan.Role> roles(Fields top) {
        top.required("roles");
        Map<String, Plan.Role> roles = new LinkedHashMap<>();
        top.object("roles").forEach((name, value) -> {
            Fields role = Fields.of(value, "roles." + name);
            roles.put(name, new Plan.Role(
                name, role.requiredText("RoleArn"), role.requiredText("RoleSessionName"), role.requiredNumber("DurationSeconds"),
                externalId(role), tags(role), role.texts("TransitiveTagKeys"), role.text("SourceIdentity"), role.text("Policy"),
                role.texts("PolicyArns"), role.text("via")));
            role.refuseTheRest();
        });
        return roles;
    }

    private static Plan.ExternalId externalId(Fields role) {
        Object value = role.value("ExternalId");
        if (value == null || value instanceof String) {
            return value == null ? null : Plan.ExternalId.literal((String) value);
        }
        Fields reference = Fields.of(value, role.join("ExternalId"));
        String variable = reference.text("env");
        String file = reference.text("file");
        reference.refuseTheRest();
        if ((variable == null) == (file == null)) {
            throw new PlanException("the plan has no external id at " + role.join("ExternalId") + ": one of \"env\" and \"file\" is needed");
        }
        return variable != null ? Plan.ExternalId.environmentVariable(variable) : Plan.ExternalId.file(file);
    }

    private static Map<String, String> tags(Fields role) {
        Map<String, String> tags = new LinkedHashMap<>();
        Map<String, Object> values = role.object("Tags");
        Fields fields = Fields.of(values, role.join("Tags"));
        values.keySet().forEach(name -> tags.put(name, fields.requiredText(name)));
        return tags;
    }

    private static List<Plan.Binding> bindings(Fields top) {
        top.required("buckets");
        List<Plan.Binding> bindings = new ArrayList<>();
        top.object("buckets").forEach((key, value) -> {
            if (value instanceof String) {
                bindings.add(new Plan.Binding(key, (String) value));
                return;
            }
            Fields binding = Fields.of(value, "buckets." + key);
            bindings.add(new Plan.Binding(key, binding.requiredText("role")));
            // Python and the renderers use the rest; it is read here so that a field of a newer version is noticed.
            for (String text : new String[] {"access", "owner", "region", "acl", "access_point", "kms_write"}) {
                binding.text(text);
            }
            binding.flag("requester_pays");
            binding.texts("kms_read");
            binding.refuseTheRest();
        });
        return bindings;
    }

    private static Plan.Python python(Fields top) {
        Fields python = Fields.of(top.required("python"), "python");
        Plan.Python read = new Plan.Python(python.texts("roles"), python.text("default_role"));
        python.refuseTheRest();
        return read;
    }
}

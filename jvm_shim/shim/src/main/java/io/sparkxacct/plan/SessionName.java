package io.sparkxacct.plan;

/** Role-session names: a template with {@code {run}} and {@code {user}}, filled in at run time. */
public final class SessionName {
    private static final int MAXIMUM_CHARACTERS = 64;
    private static final String PUNCTUATION = "_+=,.@-";

    private SessionName() {
    }

    /** The session name for this run and user: always 2 to 64 characters of STS's alphabet. */
    public static String fill(String template, String run, String user) {
        StringBuilder name = new StringBuilder();
        int position = 0;
        while (position < template.length()) {
            if (template.startsWith("{run}", position)) {
                name.append(sanitised(run));
                position += "{run}".length();
            } else if (template.startsWith("{user}", position)) {
                name.append(sanitised(user));
                position += "{user}".length();
            } else {
                name.append(template.charAt(position++));
            }
        }
        name.setLength(Math.min(name.length(), MAXIMUM_CHARACTERS));
        while (name.length() < 2) {
            name.append('-');
        }
        return name.toString();
    }

    private static String sanitised(String value) {
        if (value == null || value.isEmpty()) {
            return "unknown";
        }
        StringBuilder text = new StringBuilder();
        value.codePoints().forEach(character -> text.append(allowed(character) ? (char) character : '-'));
        return text.toString();
    }

    private static boolean allowed(int character) {
        return character >= 'A' && character <= 'Z' || character >= 'a' && character <= 'z'
            || character >= '0' && character <= '9' || PUNCTUATION.indexOf(character) >= 0;
    }
}

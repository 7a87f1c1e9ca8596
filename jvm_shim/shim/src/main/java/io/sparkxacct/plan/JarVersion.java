package io.sparkxacct.plan;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The version of this jar, as messages and the start checks say it. */
public final class JarVersion {
    private static final String VERSION = read();

    private JarVersion() {
    }

    /** "unknown" when the jar was repacked without its properties file. */
    public static String current() {
        return VERSION;
    }

    private static String read() {
        Properties properties = new Properties();
        try (InputStream stream = JarVersion.class.getResourceAsStream("/io/sparkxacct/version.properties")) {
            if (stream != null) {
                properties.load(stream);
            }
        } catch (IOException unreadable) {
            return "unknown";
        }
        return properties.getProperty("version", "unknown");
    }
}

package io.sparkxacct.python;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.Clock;
import java.io.Closeable;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.CodeSource;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What Python gets from this JVM under one plan: the endpoint, its folder, and the hook in workers.
 *
 * <p>One at a time: a start closes what an earlier SparkContext left. Start it once for each SparkContext in each JVM. Starting throws
 * nothing: what does not work is told by {@link #outcome()}.
 */
public final class PythonSide implements AutoCloseable {
    /** Whether Python tasks fail where the hook is off; by default where the plan has a default role. */
    static final String REQUIRED = "spark.xacct.python.required";

    private static PythonSide current;

    private final List<Closeable> opened = new ArrayList<>();
    private HookOutcome outcome;
    private Path folder;

    private PythonSide() {
    }

    /**
     * @param run what session names carry, as is {@code user}
     * @param settings the live ones, which Spark reads for each worker
     * @param jar the one that this class is from; see {@link #jar()}
     * @param log takes one line a call
     */
    public static PythonSide start(
            Plan plan, String run, String user, LiveSettings settings, Path jar, RoleOffers offers, Consumer<String> log) {
        return start(plan, run, user, settings, jar, offers, log, new JvmEnvironment());
    }

    static synchronized PythonSide start(Plan plan, String run, String user, LiveSettings settings, Path jar, RoleOffers offers,
                                         Consumer<String> log, Variables variables) {
        if (current != null) {
            current.close();
        }
        PythonSide side = new PythonSide();
        side.open(plan, run, user, settings, jar, offers, log, variables);
        current = side;
        return side;
    }

    /** The folder of the endpoint that is open in this JVM, or null; for Python that started this JVM and so inherits nothing from it. */
    public static synchronized String folderInForce() {
        return current == null || current.folder == null ? null : current.folder.toString();
    }

    /** The file that this class was loaded from, or null when it is no file. */
    public static Path jar() {
        CodeSource source = PythonSide.class.getProtectionDomain().getCodeSource();
        try {
            return source == null || source.getLocation() == null ? null : Paths.get(source.getLocation().toURI());
        } catch (URISyntaxException | RuntimeException noFile) {
            return null;
        }
    }

    public HookOutcome outcome() {
        return outcome;
    }

    /** The endpoint's folder; null where there is no endpoint. */
    public Path folder() {
        return folder;
    }

    /** Ends the endpoint, removes its folder, and takes the environment back. */
    @Override
    public void close() {
        synchronized (PythonSide.class) {
            for (int index = opened.size() - 1; index >= 0; index--) {
                try {
                    opened.get(index).close();
                } catch (IOException | RuntimeException leftBehind) {
                    // The rest can be closed all the same.
                }
            }
            opened.clear();
            folder = null;
            if (current == this) {
                current = null;
            }
        }
    }

    @Override
    public String toString() {
        return "PythonSide(" + outcome + ")";
    }

    private void open(Plan plan, String run, String user, LiveSettings settings, Path jar, RoleOffers offers, Consumer<String> log,
                      Variables variables) {
        DaemonSettings daemons = new DaemonSettings(settings);
        daemons.restore();
        if (plan.python().roles().isEmpty()) {
            outcome = HookOutcome.NOT_NEEDED;
            return;
        }
        String defaultRole = plan.python().defaultRole();
        try {
            serve(plan, run, user, settings, offers, variables);
            opened.add(WorkerHook.install(variables, defaultRole == null ? null : daemons, jar, folder));
            outcome = HookOutcome.ON;
            log.accept("plan " + plan.id() + ": Python finds " + String.join(", ", plan.python().roles()) + " at the endpoint " + folder
                + (defaultRole == null ? "" : "; plain boto3 in workers is " + defaultRole));
        } catch (IOException | RuntimeException | LinkageError failed) {
            outcome = HookOutcome.off(inWords(failed));
            boolean refused = isRequired(settings, defaultRole);
            log.accept("plan " + plan.id() + ": Python workers of this JVM do not find its role sessions"
                + (refused ? ", so Python tasks fail" : "") + ": " + outcome.reason());
            if (refused) {
                daemons.refuse(refusal(defaultRole));
            }
        }
    }

    private static String inWords(Throwable failed) {
        boolean ours = failed instanceof IOException || failed instanceof IllegalStateException || failed instanceof IllegalArgumentException;
        return (ours ? String.valueOf(failed.getMessage()) : failed.toString()).replaceAll("\\s+", " ");
    }

    private void serve(Plan plan, String run, String user, LiveSettings settings, RoleOffers offers, Variables variables) throws IOException {
        SecureRandom random = new SecureRandom();
        List<ServedRole> roles = new ArrayList<>();
        for (String name : plan.python().roles()) {
            roles.add(ServedRole.drawn(name, plan.role(name).roleArn(), random));
        }
        CredentialsEndpoint endpoint = CredentialsEndpoint.open(roles, offers, Clock.system());
        opened.add(endpoint);
        EndpointFolder made = EndpointFolder.create(LocalDirectories.candidates(variables::get, settings::get, System::getProperty),
            EndpointFolder.nameOfThisJvm(), EndpointDocument.files(plan, run, user, endpoint.address(), roles), Clock.system());
        opened.add(made);
        folder = made.path();
    }

    /** What is no clear "false" is taken for yes: the other way plain boto3 would be somebody else. */
    private static boolean isRequired(LiveSettings settings, String defaultRole) {
        String required = settings.get(REQUIRED);
        return required == null ? defaultRole != null : !"false".equalsIgnoreCase(required.trim());
    }

    private String refusal(String defaultRole) {
        String identity = defaultRole == null ? "would not find its roles here" : "would not be role " + defaultRole + " here but another identity";
        return "spark-xacct: Python tasks fail on purpose, because plain boto3 " + identity + ": " + outcome.reason() + "; or set " + REQUIRED
            + "=false";
    }
}

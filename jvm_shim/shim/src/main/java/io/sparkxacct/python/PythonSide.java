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
    private WorkerHook hook;
    private HookOutcome outcome;
    private Path folder;

    private PythonSide() {
    }

    /** As one that was started looks from outside. */
    PythonSide(HookOutcome outcome, Path folder) {
        this.outcome = outcome;
        this.folder = folder;
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

    /**
     * For a JVM in which the configured plan is not in force: Python tasks fail where plain boto3 would be somebody else.
     *
     * @param plan null when it cannot be read
     * @param settings as for start
     * @param reason why it is not in force, for people
     * @param log takes one line
     */
    public static synchronized PythonSide refuse(Plan plan, LiveSettings settings, String reason, Consumer<String> log) {
        if (current != null) {
            current.close();
        }
        PythonSide side = new PythonSide();
        side.turnOff(plan, settings, reason, log);
        current = side;
        return side;
    }

    /** What was started last in this JVM and is not closed, or null. */
    public static synchronized PythonSide current() {
        return current;
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
            if (hook != null) {
                try {
                    hook.close();
                } catch (RuntimeException leftBehind) {
                    // The rest can be closed all the same.
                }
            }
            closeWithTheJvm();
        }
    }

    /** The same in a JVM that ends: its environment stays, because threads that read it may meet one that takes names away. */
    public void closeWithTheJvm() {
        synchronized (PythonSide.class) {
            hook = null;
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
        String defaultRole = plan.python().defaultRole();
        try {
            DaemonSettings daemons = new DaemonSettings(settings);
            daemons.restore();
            if (plan.python().roles().isEmpty()) {
                outcome = HookOutcome.NOT_NEEDED;
                return;
            }
            serve(plan, run, user, settings, offers, variables);
            hook = WorkerHook.install(variables, defaultRole == null ? null : daemons, jar, folder);
            outcome = HookOutcome.ON;
            log.accept("plan " + plan.id() + ": Python finds " + String.join(", ", plan.python().roles()) + " at the endpoint " + folder
                + (defaultRole == null ? "" : "; plain boto3 in workers is " + defaultRole));
        } catch (Throwable failed) {
            // An OutOfMemoryError is what a JVM throws that may have no more threads.
            turnOff(plan, settings, inWords(failed), log);
        }
    }

    private void turnOff(Plan plan, LiveSettings settings, String reason, Consumer<String> log) {
        outcome = HookOutcome.off(reason.replaceAll("\\s+", " "));
        String effect = "";
        try {
            DaemonSettings daemons = new DaemonSettings(settings);
            daemons.restore();
            if (isRequired(plan, settings)) {
                daemons.refuse(refusal(plan));
                effect = ", so Python tasks fail";
            }
        } catch (Throwable closed) {
            effect = ", and its Python tasks cannot be made to fail (" + inWords(closed) + ")";
        }
        log.accept((plan == null ? "a plan that cannot be read" : "plan " + plan.id())
            + ": Python workers of this JVM do not find its role sessions" + effect + ": " + outcome.reason());
    }

    private static String inWords(Throwable failed) {
        boolean ours = failed instanceof IOException || failed instanceof IllegalStateException || failed instanceof IllegalArgumentException;
        return ours ? String.valueOf(failed.getMessage()) : failed.toString();
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

    /**
     * What is no clear "false" is taken for yes: the other way plain boto3 would be somebody else. So it may be under a plan that cannot be
     * read.
     */
    private static boolean isRequired(Plan plan, LiveSettings settings) {
        String required = settings.get(REQUIRED);
        return required == null ? plan == null || plan.python().defaultRole() != null : !"false".equalsIgnoreCase(required.trim());
    }

    private String refusal(Plan plan) {
        return "spark-xacct: Python tasks fail on purpose, because plain boto3 " + otherwise(plan) + ": " + outcome.reason() + "; or set " + REQUIRED
            + "=false";
    }

    private static String otherwise(Plan plan) {
        if (plan == null) {
            return "may not be here what the plan says";
        }
        String defaultRole = plan.python().defaultRole();
        return defaultRole == null ? "would not find its roles here" : "would not be role " + defaultRole + " here but another identity";
    }
}

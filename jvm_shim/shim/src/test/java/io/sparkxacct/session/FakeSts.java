package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** STS on virtual time: answers as it is told, and notes as {@link #violations} a wrong signer or a role asked for twice at once. */
public final class FakeSts implements SessionSource {
    public enum Answer {
        OK,
        DENY,
        THROTTLE,
        DOWN,
        DEAD_PARENT,
        SKEWED,
        CRASH
    }

    static final String SECRET = "planted-secret";

    /** One call as the server saw it; {@code quiet} is how long the caller must leave STS alone after the answer. */
    public static final class Call {
        private final Duration at;
        private final String role;
        private final String signer;
        private Duration ended;
        private Duration quiet = Duration.ZERO;

        Call(Duration at, String role, String signer) {
            this.at = at;
            this.role = role;
            this.signer = signer;
        }

        public Duration at() {
            return at;
        }

        String role() {
            return role;
        }

        Duration ended() {
            return ended;
        }

        Duration quiet() {
            return quiet;
        }

        @Override
        public String toString() {
            return role + " by " + signer + " at " + at + ", answered at " + ended + ", then quiet for " + quiet;
        }
    }

    public final List<Call> calls = new ArrayList<>();
    /** Keys of the base identity that were given out, one for each question. */
    final List<String> baseCalls = new ArrayList<>();
    /** The same questions in the form of calls. */
    final List<Call> asked = new ArrayList<>();
    public final List<String> violations = new ArrayList<>();
    public Duration latency = Duration.ofMillis(100);
    public Duration life;
    Thread lastCaller;
    /** Of the base identity; null as for keys that do not tell their end. */
    Duration baseLife;
    /** How long its owner takes to answer. */
    Duration baseLatency = Duration.ZERO;
    int forgotten;
    public Answer base = Answer.OK;

    private final VirtualTime time;
    private final Map<String, Answer> answers = new HashMap<>();
    private final Map<String, RoleSession> issued = new HashMap<>();
    private final Set<RoleSession> issuedToBase = new HashSet<>();
    private RoleSession held;
    /** When the base identity's credentials were last asked for with success. */
    private Duration heldSince;
    private final List<String> inFlight = new ArrayList<>();

    public FakeSts(VirtualTime time) {
        this.time = time;
    }

    /** From now on, for {@code role} or, with "*", for every role that has no answer of its own. */
    public void answer(String role, Answer answer) {
        answers.put(role, answer);
    }

    public void forget(String role) {
        answers.remove(role);
    }

    public long count(String role) {
        return calls.stream().filter(call -> call.role().equals(role)).count();
    }

    /** The role that a key id was issued for. */
    public static String roleOf(RoleSession session) {
        return session.accessKeyId().split("-")[1];
    }

    /** Whether a role session with this key id was issued and is not over. */
    public boolean isAlive(String accessKeyId) {
        RoleSession known = issued.get(accessKeyId);
        return known != null && time.trueMillis() < known.expiration().toEpochMilli();
    }

    public boolean isAlive(RoleSession session) {
        RoleSession known = issuedToBase.contains(session) ? session : issued.get(session.accessKeyId());
        return known == session && (session.expiration() == null || time.trueMillis() < session.expiration().toEpochMilli());
    }

    @Override
    public RoleSession assume(Plan.Role role, int number, int hops, RoleSession parent) {
        String name = role.name();
        Hop hop = new Hop(name, number, hops, role.roleArn());
        if (inFlight.contains(name)) {
            violations.add("two calls for " + name + " at once");
        }
        inFlight.add(name);
        lastCaller = Thread.currentThread();
        try {
            String signer = roleOf(parent);
            Call call = new Call(time.elapsed(), name, signer);
            calls.add(call);
            checkSigner(role, parent, signer);
            long started = time.trueMillis();
            time.sleep(latency);
            call.ended = time.elapsed();
            return respond(role, hop, started, call);
        } finally {
            inFlight.remove(name);
        }
    }

    private void checkSigner(Plan.Role role, RoleSession parent, String signer) {
        String expected = role.via() == null ? "base" : role.via();
        boolean alive = isAlive(parent);
        if (!signer.equals(expected) || !alive) {
            violations.add(role.name() + " was asked for by " + signer + ", alive: " + alive);
        }
    }

    private RoleSession respond(Plan.Role role, Hop hop, long started, Call call) {
        String caller = role.via() == null ? "arn:aws:iam::111122223333:role/etl" : Plans.arn(role.via());
        Answer answer = answers.getOrDefault(role.name(), answers.getOrDefault("*", Answer.OK));
        if (answer != Answer.OK) {
            boolean served = issued.values().stream().anyMatch(session -> roleOf(session).equals(role.name()) && isAlive(session));
            call.quiet = answer == Answer.DENY && !served ? Duration.ofSeconds(30) : Duration.ofSeconds(1);
        }
        switch (answer) {
            case DENY:
                throw new FailureException(hop.answered(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole", caller, "sts"));
            case DEAD_PARENT:
                throw new FailureException(hop.answered(403, "InvalidClientTokenId", "The security token is invalid", caller, "sts"));
            case SKEWED:
                throw new FailureException(hop.answered(403, "RequestTimeTooSkewed", "15 minutes", caller, "sts"));
            case THROTTLE:
                throw new FailureException(hop.answered(400, "Throttling", "Rate exceeded", caller, "sts"));
            case DOWN:
                throw new FailureException(hop.unreachable("http://sts", "connection refused"));
            case CRASH:
                throw new IllegalStateException("a defect");
            default:
                return issue(role, started);
        }
    }

    private RoleSession issue(Plan.Role role, long started) {
        String number = role.name() + "-" + issued.size();
        long lives = life == null ? role.durationSeconds() * 1000L : life.toMillis();
        RoleSession session = new RoleSession("ASIA-" + number, SECRET + "-key-" + number, SECRET + "-token-" + number,
            Instant.ofEpochMilli(started + lives));
        issued.put(session.accessKeyId(), session);
        return session;
    }

    @Override
    public RoleSession base() {
        String key = "AKIA-base-" + forgotten;
        baseCalls.add(key);
        if (inFlight.contains("@base")) {
            violations.add("two questions for the base identity at once");
        }
        inFlight.add("@base");
        Call call = new Call(time.elapsed(), "@base", "nobody");
        asked.add(call);
        try {
            Instant end = baseLife == null ? null : Instant.ofEpochMilli(time.trueMillis()).plus(baseLife);
            time.sleep(baseLatency);
            call.ended = time.elapsed();
            return base(key, end, call);
        } finally {
            inFlight.remove("@base");
        }
    }

    private RoleSession base(String key, Instant end, Call call) {
        if (base != Answer.OK) {
            // Keys that do not tell their end are held for a while from the question on; those that do are as a role's.
            boolean served = held != null && (held.expiration() == null
                ? call.ended.minus(heldSince).toNanos() < RefreshPolicy.BASE_LIFE : isAlive(held));
            call.quiet = base == Answer.DENY && !served ? Duration.ofSeconds(30) : Duration.ofSeconds(1);
        }
        switch (base) {
            case OK:
                heldSince = call.at;
                if (held == null || end != null || held.expiration() != null || !held.accessKeyId().equals(key)) {
                    held = new RoleSession(key, SECRET + "-key" + key.substring(4), end == null ? null : SECRET + "-token" + key.substring(4), end);
                    issuedToBase.add(held);
                }
                return held;
            case CRASH:
                throw new IllegalStateException("a defect");
            case THROTTLE:
                throw new FailureException(Failure.ofBase(Failure.Kind.THROTTLED, "STS throttled (Throttling)", null, "Throttling", null));
            default:
                throw new FailureException(Failure.ofBase(Failure.Kind.BASE_MISSING, "the base identity is arn:a", "fix it", null, null));
        }
    }

    @Override
    public void forgetBase() {
        forgotten++;
    }
}

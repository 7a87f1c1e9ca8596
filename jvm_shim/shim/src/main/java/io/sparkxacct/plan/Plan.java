package io.sparkxacct.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Every role and binding of one declaration, resolved and closed. Immutable; safe to share between threads; holds no secret. */
public final class Plan {
    private final String id;
    private final Base base;
    private final Sts sts;
    private final Map<String, Role> roles;
    private final List<Binding> bindings;
    private final BindingIndex index;
    private final Python python;
    private final String json;

    /** {@code json} is the canonical document of all the others. */
    Plan(String json, Base base, Sts sts, boolean denyUndeclared, Map<String, Role> roles, List<Binding> bindings, List<String> own,
         Python python) {
        this.json = json;
        this.id = PlanId.of(json);
        this.base = base;
        this.sts = sts;
        this.roles = Collections.unmodifiableMap(new LinkedHashMap<>(roles));
        this.bindings = Collections.unmodifiableList(new ArrayList<>(bindings));
        for (Role role : roles.values()) {
            refuseBrokenChain(role);
        }
        for (Binding binding : bindings) {
            if (binding.role() != null && !roles.containsKey(binding.role())) {
                throw new PlanException("the plan binds bucket " + binding.key() + " to role \"" + binding.role() + "\", which it does not hold");
            }
        }
        refuseTwice(bindings, own);
        this.python = python;
        for (String name : python.roles()) {
            if (!roles.containsKey(name)) {
                throw new PlanException("the plan lets Python have role \"" + name + "\", which it does not hold");
            }
        }
        this.index = new BindingIndex(this.bindings, own, denyUndeclared);
    }

    /** 12 hexadecimal digits. */
    public String id() {
        return id;
    }

    public Base base() {
        return base;
    }

    public Sts sts() {
        return sts;
    }

    /** By name, in the plan's order. */
    public Map<String, Role> roles() {
        return roles;
    }

    /** Null when the plan does not hold it. */
    public Role role(String name) {
        return roles.get(name);
    }

    public List<Binding> bindings() {
        return bindings;
    }

    public Python python() {
        return python;
    }

    /** The plan as settings carry it, in one part, wherever it was read from. */
    public String text() {
        return PlanText.packed(json);
    }

    /** The roles of a chain, first hop to the role itself. The role must be one of the plan. */
    public List<Role> chain(String name) {
        LinkedList<Role> hops = new LinkedList<>();
        for (Role role = roles.get(name); role != null; role = role.via() == null ? null : roles.get(role.via())) {
            hops.addFirst(role);
        }
        if (hops.isEmpty()) {
            throw new PlanException("the plan " + id + " holds no role \"" + name + "\"; it holds: " + String.join(", ", roles.keySet()));
        }
        return Collections.unmodifiableList(hops);
    }

    /** Who serves a location. {@code scheme} is for people only; {@code key} has no leading slash and may be empty. */
    public Decision decide(String scheme, String bucket, String key) {
        return index.decide(bucket, key);
    }

    @Override
    public String toString() {
        long buckets = bindings.stream().map(Binding::bucket).distinct().count();
        return "plan " + id + ": " + roles.size() + (roles.size() == 1 ? " role, " : " roles, ") + buckets
            + (buckets == 1 ? " bucket, base " : " buckets, base ") + base.kind();
    }

    private static void refuseTwice(List<Binding> bindings, List<String> own) {
        Set<String> seen = new HashSet<>();
        for (Binding binding : bindings) {
            seen.add(binding.key());
        }
        for (String name : own) {
            if (!seen.add(name)) {
                throw new PlanException("the plan cannot be used: bucket " + name + " is declared twice");
            }
        }
    }

    private void refuseBrokenChain(Role start) {
        int hops = 1;
        for (Role role = start; role.via() != null; role = roles.get(role.via())) {
            if (!roles.containsKey(role.via())) {
                throw new PlanException("the plan has role " + role.name() + " go via \"" + role.via() + "\", which it does not hold");
            }
            if (++hops > roles.size()) {
                throw new PlanException("the plan has role " + start.name() + " go via itself");
            }
        }
    }

    /** The base identity: what the process already is. */
    public static final class Base {
        private final String kind;
        private final String arn;
        private final String profile;
        private final String v1;
        private final String v2;

        Base(String kind, String arn, String profile, String v1, String v2) {
            this.kind = kind;
            this.arn = arn;
            this.profile = profile;
            this.v1 = v1;
            this.v2 = v2;
        }

        public String kind() {
            return kind;
        }

        /** Who the process must be; null when the declaration does not say. */
        public String arn() {
            return arn;
        }

        /** Name of an AWS profile; null unless the kind is profile. */
        public String profile() {
            return profile;
        }

        /** Provider class for AWS SDK v1; null when that SDK cannot serve this base. */
        public String v1() {
            return v1;
        }

        /** Provider class for AWS SDK v2; null when that SDK cannot serve this base. */
        public String v2() {
            return v2;
        }
    }

    /** What Python may have. */
    public static final class Python {
        private final List<String> roles;
        private final String defaultRole;

        Python(List<String> roles, String defaultRole) {
            if (defaultRole != null && !roles.contains(defaultRole)) {
                throw new PlanException("the plan cannot be used: python.default_role \"" + defaultRole + "\" is not among python.roles");
            }
            this.roles = Collections.unmodifiableList(new ArrayList<>(roles));
            this.defaultRole = defaultRole;
        }

        /** The roles that it may ask for. */
        public List<String> roles() {
            return roles;
        }

        /** What plain boto3 is in workers; null when the declaration does not say. */
        public String defaultRole() {
            return defaultRole;
        }
    }

    /** Where STS is called. */
    public static final class Sts {
        private final String region;
        private final String endpoint;

        Sts(String region, String endpoint) {
            this.region = region;
            this.endpoint = endpoint;
        }

        public String region() {
            return region;
        }

        /** Null for the regional endpoint. */
        public String endpoint() {
            return endpoint;
        }
    }

    /** A named role and everything that its AssumeRole carries, under STS's own parameter names. */
    public static final class Role {
        private final String name;
        private final String roleArn;
        private final String roleSessionName;
        private final int durationSeconds;
        private final ExternalId externalId;
        private final Map<String, String> tags;
        private final List<String> transitiveTagKeys;
        private final String sourceIdentity;
        private final String policy;
        private final List<String> policyArns;
        private final String via;

        Role(String name, String roleArn, String roleSessionName, int durationSeconds, ExternalId externalId, Map<String, String> tags,
             List<String> transitiveTagKeys, String sourceIdentity, String policy, List<String> policyArns, String via) {
            this.name = name;
            this.roleArn = roleArn;
            this.roleSessionName = roleSessionName;
            this.durationSeconds = durationSeconds;
            this.externalId = externalId;
            this.tags = Collections.unmodifiableMap(new TreeMap<>(tags));
            this.transitiveTagKeys = Collections.unmodifiableList(new ArrayList<>(transitiveTagKeys));
            this.sourceIdentity = sourceIdentity;
            this.policy = policy;
            this.policyArns = Collections.unmodifiableList(new ArrayList<>(policyArns));
            this.via = via;
        }

        public String name() {
            return name;
        }

        public String roleArn() {
            return roleArn;
        }

        /** The template; SessionName fills it in. */
        public String roleSessionName() {
            return roleSessionName;
        }

        public int durationSeconds() {
            return durationSeconds;
        }

        /** Null when the role asks for none. */
        public ExternalId externalId() {
            return externalId;
        }

        /** In sorted key order, which is the order on the wire. */
        public Map<String, String> tags() {
            return tags;
        }

        public List<String> transitiveTagKeys() {
            return transitiveTagKeys;
        }

        /** Null when not set. */
        public String sourceIdentity() {
            return sourceIdentity;
        }

        /** Inline session policy; null when not set. */
        public String policy() {
            return policy;
        }

        public List<String> policyArns() {
            return policyArns;
        }

        /** The role that this one is assumed from; null for the base identity. */
        public String via() {
            return via;
        }

        @Override
        public String toString() {
            return "role " + name + " (" + roleArn + ")";
        }
    }

    /** An external id: a literal, or a reference that is resolved only where STS is called. Exactly one of the three is set. */
    public static final class ExternalId {
        private final String literal;
        private final String environmentVariable;
        private final String file;

        private ExternalId(String literal, String environmentVariable, String file) {
            this.literal = literal;
            this.environmentVariable = environmentVariable;
            this.file = file;
        }

        static ExternalId literal(String value) {
            return new ExternalId(value, null, null);
        }

        static ExternalId environmentVariable(String name) {
            return new ExternalId(null, name, null);
        }

        static ExternalId file(String path) {
            return new ExternalId(null, null, path);
        }

        public String literal() {
            return literal;
        }

        public String environmentVariable() {
            return environmentVariable;
        }

        public String file() {
            return file;
        }
    }

    /** One bucket, prefix or pattern and the role that serves it. */
    public static final class Binding {
        private final String key;
        private final String bucket;
        private final String prefix;
        private final String role;

        Binding(String key, String target) {
            int slash = key.indexOf('/');
            if (slash > 0 && slash == key.length() - 1) {
                throw new PlanException("the plan has binding \"" + key + "\"; a bucket without prefix is written without a slash");
            }
            if (slash == 0 || slash > 0 && (!key.endsWith("/") || key.charAt(slash + 1) == '/')) {
                throw new PlanException("the plan has binding \"" + key + "\"; a prefix is written BUCKET/PREFIX/");
            }
            if (slash > 0 && key.lastIndexOf('*', slash) >= 0) {
                throw new PlanException("the plan has binding \"" + key + "\"; a pattern cannot have prefixes");
            }
            if (target.startsWith("@") && !Keys.TARGET_BASE.equals(target)) {
                throw new PlanException("the plan binds bucket " + key + " to \"" + target + "\"; known are role names and \""
                    + Keys.TARGET_BASE + "\"");
            }
            this.key = key;
            this.bucket = slash < 0 ? key : key.substring(0, slash);
            this.prefix = slash < 0 ? "" : key.substring(slash + 1);
            this.role = Keys.TARGET_BASE.equals(target) ? null : target;
        }

        /** The plan's key: bucket, pattern, or "bucket/prefix/". */
        public String key() {
            return key;
        }

        public String bucket() {
            return bucket;
        }

        /** Empty, or ends at a slash. */
        public String prefix() {
            return prefix;
        }

        /** Null for the base identity. */
        public String role() {
            return role;
        }
    }
}

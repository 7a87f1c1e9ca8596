package io.sparkxacct.session;

import io.sparkxacct.plan.Plan;
import java.util.List;
import java.util.Map;

/** The fields of one AssumeRole with run-time values filled in, under STS's own parameter names. A new role field is one line here. */
public final class AssumeRoleFields {
    private final Plan.Role role;
    private final String roleSessionName;
    private final String externalId;

    AssumeRoleFields(Plan.Role role, String roleSessionName, String externalId) {
        this.role = role;
        this.roleSessionName = roleSessionName;
        this.externalId = externalId;
    }

    public String roleArn() {
        return role.roleArn();
    }

    public String roleSessionName() {
        return roleSessionName;
    }

    public int durationSeconds() {
        return role.durationSeconds();
    }

    /** Null when the role asks for none. */
    public String externalId() {
        return externalId;
    }

    /** In sorted key order. */
    public Map<String, String> tags() {
        return role.tags();
    }

    public List<String> transitiveTagKeys() {
        return role.transitiveTagKeys();
    }

    /** Null when not set. */
    public String sourceIdentity() {
        return role.sourceIdentity();
    }

    /** Null when not set. */
    public String policy() {
        return role.policy();
    }

    public List<String> policyArns() {
        return role.policyArns();
    }
}

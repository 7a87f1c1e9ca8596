package io.sparkxacct.python;

import io.sparkxacct.plan.JarVersion;
import io.sparkxacct.plan.Json;
import io.sparkxacct.plan.Plan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The files of an endpoint's folder, which Python reads: what is served where, and one token for each role. */
final class EndpointDocument {
    private static final String NAME = "endpoint.json";
    private static final long VERSION = 1;

    private EndpointDocument() {
    }

    /** Texts by file name. The tokens stand in files of their own, because AWS's clients read them from there. */
    static Map<String, String> files(Plan plan, String run, String user, String address, List<ServedRole> roles) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("v", VERSION);
        document.put("plan", plan.id());
        document.put("plan_text", plan.text());
        document.put("jar", JarVersion.current());
        document.put("run", run);
        document.put("user", user);
        document.put("base", plan.base().kind());
        document.put("region", plan.sts().region());
        document.put("address", address);
        if (plan.python().defaultRole() != null) {
            document.put("default_role", plan.python().defaultRole());
        }
        Map<String, Object> served = new LinkedHashMap<>();
        Map<String, String> files = new LinkedHashMap<>();
        for (ServedRole role : roles) {
            String file = role.name() + ".token";
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("path", role.path());
            entry.put("token_file", file);
            served.put(role.name(), entry);
            files.put(file, role.token());
        }
        document.put("roles", served);
        files.put(NAME, Json.canonical(document));
        return files;
    }
}

package io.sparkxacct.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the binding of a location without a walk over all of them: exact names by hash, patterns in their order of precedence. */
final class BindingIndex {
    private final Map<String, List<Plan.Binding>> exact = new HashMap<>();
    private final Set<String> ownExact = new HashSet<>();
    private final List<Pattern> patterns = new ArrayList<>();
    private final boolean denyUndeclared;

    BindingIndex(List<Plan.Binding> bindings, List<String> own, boolean denyUndeclared) {
        this.denyUndeclared = denyUndeclared;
        for (Plan.Binding binding : bindings) {
            if (binding.bucket().indexOf('*') >= 0) {
                patterns.add(new Pattern(binding.bucket(), binding));
            } else {
                exact.computeIfAbsent(binding.bucket(), name -> new ArrayList<>()).add(binding);
            }
        }
        // The longest prefix first; the whole bucket has the empty one and comes last.
        exact.values().forEach(list -> list.sort(Comparator.comparingInt((Plan.Binding binding) -> binding.prefix().length()).reversed()));
        for (String name : own) {
            if (name.indexOf('*') >= 0) {
                patterns.add(new Pattern(name, null));
            } else {
                ownExact.add(name);
            }
        }
        patterns.sort(Comparator.comparingInt((Pattern pattern) -> pattern.literalLength).reversed()
            .thenComparing(pattern -> pattern.binding == null)
            .thenComparing(pattern -> pattern.text));
    }

    Decision decide(String bucket, String key) {
        for (Plan.Binding binding : exact.getOrDefault(bucket, java.util.Collections.emptyList())) {
            if (binding.prefix().isEmpty()) {
                return bound(binding, "bucket " + bucket + " is bound to ");
            }
            if (covers(binding.prefix(), key)) {
                return bound(binding, "prefix " + binding.prefix() + " of bucket " + bucket + " is bound to ");
            }
        }
        if (ownExact.contains(bucket)) {
            return own(bucket, "bucket " + bucket + " is listed in own");
        }
        for (Pattern pattern : patterns) {
            if (pattern.matches(bucket)) {
                return pattern.binding == null
                    ? own(pattern.text, "bucket " + bucket + " matches own pattern " + pattern.text)
                    : bound(pattern.binding, "bucket " + bucket + " matches pattern " + pattern.text + ", bound to ");
            }
        }
        return denyUndeclared
            ? new Decision(Decision.Kind.DENIED, null, null, "bucket " + bucket + " is not declared; otherwise: deny refuses it")
            : new Decision(Decision.Kind.PLATFORM, null, null,
                "bucket " + bucket + " is not declared; otherwise: platform leaves it to the platform's settings");
    }

    /** S3A asks for a directory without its slash: that belongs to the prefix too. */
    private static boolean covers(String prefix, String key) {
        return key.startsWith(prefix) || key.length() == prefix.length() - 1 && prefix.startsWith(key);
    }

    private static Decision bound(Plan.Binding binding, String reason) {
        return binding.role() == null
            ? new Decision(Decision.Kind.BASE, null, binding.key(), reason + "the base identity")
            : new Decision(Decision.Kind.ROLE, binding.role(), binding.key(), reason + "role " + binding.role());
    }

    private static Decision own(String name, String reason) {
        return new Decision(Decision.Kind.BASE, null, "own: " + name, reason + ": the base identity serves it");
    }

    /** A bucket name in which "*" stands for any run of characters; binding null means the platform's own. */
    private static final class Pattern {
        final String text;
        final Plan.Binding binding;
        final int literalLength;

        Pattern(String text, Plan.Binding binding) {
            this.text = text;
            this.binding = binding;
            this.literalLength = text.length() - (int) text.chars().filter(character -> character == '*').count();
        }

        /** Takes the shortest run for each star and goes back to the last star on a mismatch: linear for one star. */
        boolean matches(String name) {
            int nameAt = 0;
            int textAt = 0;
            int star = -1;
            int resume = 0;
            while (nameAt < name.length()) {
                if (textAt < text.length() && text.charAt(textAt) == '*') {
                    star = textAt++;
                    resume = nameAt;
                } else if (textAt < text.length() && text.charAt(textAt) == name.charAt(nameAt)) {
                    textAt++;
                    nameAt++;
                } else if (star >= 0) {
                    textAt = star + 1;
                    nameAt = ++resume;
                } else {
                    return false;
                }
            }
            while (textAt < text.length() && text.charAt(textAt) == '*') {
                textAt++;
            }
            return textAt == text.length();
        }
    }
}

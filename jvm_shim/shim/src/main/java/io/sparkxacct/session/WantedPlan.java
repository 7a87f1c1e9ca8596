package io.sparkxacct.session;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanException;
import io.sparkxacct.plan.PlanReader;
import org.apache.hadoop.conf.Configuration;

/** A plan that somebody wants in force: its text, read when that is needed, and the configuration it came with. For one thread. */
final class WantedPlan {
    private final String text;
    private final Configuration configuration;
    private final boolean byText;
    private Plan plan;
    private Failure damage;

    private WantedPlan(String text, Configuration configuration, boolean byText, Failure damage) {
        this.text = text;
        this.configuration = configuration;
        this.byText = byText;
        this.damage = damage;
    }

    /** Null when the configuration carries no plan. */
    static WantedPlan of(Configuration configuration) {
        try {
            String text = PlanReader.join(configuration::getRaw);
            return text == null ? null : new WantedPlan(text, configuration, false, null);
        } catch (Exception | LinkageError broken) {
            return new WantedPlan("", configuration, false, damage(broken));
        }
    }

    /** By the whole text: parts of another plan in {@code configuration}, from core-site.xml for one, do not belong to it. */
    static WantedPlan of(String text, Configuration configuration) {
        return text == null ? null : new WantedPlan(text.trim(), configuration, true, null);
    }

    String text() {
        return text;
    }

    Configuration configuration() {
        return configuration;
    }

    /** Whether the configuration is not the application's own, but what core-site.xml says. */
    boolean isByText() {
        return byText;
    }

    /** The file of the machine that the plan stands in, such as core-site.xml; null when the application set it. */
    String siteFile() {
        String[] sources = byText ? null : configuration.getPropertySources(Keys.PLAN);
        // The first is where the value was set; files that it was written to and read from again, such as job.xml, follow.
        String origin = sources == null || sources.length == 0 ? "" : sources[0];
        return origin.endsWith("-site.xml") || origin.endsWith("-default.xml") ? origin : null;
    }

    /** The run id that the configuration names; null when it names none. */
    String run() {
        return configuration.get(Keys.RUN);
    }

    /** A file is another plan whenever it changes. */
    boolean isFile() {
        return text.startsWith("file:");
    }

    /** Null when the text cannot be read: damage() says why. */
    Plan plan() {
        if (plan == null && damage == null) {
            try {
                plan = PlanReader.read(text);
            } catch (Exception | LinkageError broken) {
                damage = damage(broken);
            }
        }
        return plan;
    }

    /** Null unless plan() is. */
    Failure damage() {
        return damage;
    }

    /** Whether only the run differs, as for a second SparkContext with the same plan. */
    boolean isAnotherRunOf(ActivePlan active) {
        return active != null && active.plan() != null && plan() != null && plan().id().equals(active.plan().id());
    }

    private static Failure damage(Throwable broken) {
        return Failure.plan(broken instanceof PlanException ? broken.getMessage() : "the plan cannot be read: " + broken, null);
    }
}

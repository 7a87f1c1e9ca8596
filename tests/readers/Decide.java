import io.sparkxacct.plan.Decision;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.plan.PlanReader;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The plan as the JVM reads it out of settings, and its decisions. Lines in, separated by tabs: SET name value, READ, ASK scheme bucket
 * key. Lines out: the plan's id for READ; kind, role, binding and reason for ASK, "-" for what is not there.
 */
public final class Decide {
    public static void main(String[] arguments) throws Exception {
        StringBuilder out = new StringBuilder();
        Map<String, String> settings = new HashMap<>();
        Plan plan = null;
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split("\t", -1);
            if (parts[0].equals("SET")) {
                settings.put(parts[1], parts[2]);
            } else if (parts[0].equals("READ")) {
                plan = PlanReader.read(PlanReader.join(settings::get));
                settings.clear();
                out.append(plan.id()).append('\n');
            } else {
                Decision found = plan.decide(parts[1], parts[2], parts[3]);
                out.append(found.kind().word()).append('\t').append(text(found.role())).append('\t').append(text(found.binding()))
                    .append('\t').append(found.reason()).append('\n');
            }
        }
        System.out.print(out);
    }

    private static String text(String value) {
        return value == null ? "-" : value;
    }
}

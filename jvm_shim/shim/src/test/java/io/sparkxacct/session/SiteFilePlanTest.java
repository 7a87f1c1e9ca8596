package io.sparkxacct.session;

import static io.sparkxacct.testkit.PlanTexts.json;
import static io.sparkxacct.testkit.PlanTexts.packed;
import static io.sparkxacct.testkit.PlanTexts.role;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.plan.PlanReader;
import io.sparkxacct.testkit.StandardError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A plan that stands in a file of the machine, beside one that the application set, where nobody activates. */
class SiteFilePlanTest {
    private static final String PARTNER = plan("\"partner-data\":\"partner\"");
    private static final String FINANCE = plan("\"partner-data\":\"finance\"");

    private final List<String> opened = new ArrayList<>();
    private final PlanInForce sessions = new PlanInForce(inputs -> {
        opened.add(inputs.plan().id());
        return new StsSource(inputs, new FakeLine());
    }, closing -> { });

    @AfterEach
    void stopThreads() {
        sessions.clear();
    }

    @Test
    void aPlanInASiteFileDoesNotReplaceOneThatTheApplicationSetAndThatIsLoggedOnce() {
        Configuration machine = ofFile("/etc/hadoop/conf/core-site.xml", FINANCE);
        sessions.adopt(machine);
        assertEquals("finance", served());

        Configuration application = new Configuration(machine);
        application.set(Keys.PLAN, packed(PARTNER), "Set by Spark from keys starting with 'spark.hadoop'");
        sessions.adopt(application);
        StandardError log = StandardError.of(() -> {
            for (Configuration library : List.of(machine, new Configuration(machine), sentToAnExecutor(machine), readBackFromAJobFile(machine))) {
                sessions.adopt(library);
            }
        });

        assertEquals("partner", served());
        assertEquals(1, log.count("WARN"), log.text());
        assertEquals(1, log.count("spark-xacct 0.1.0: plan " + PlanReader.fromJson(PARTNER).id() + " was set by the application and stays in force;"
            + " /etc/hadoop/conf/core-site.xml carries another, which is left aside: plan " + PlanReader.fromJson(FINANCE).id() + ": 2 roles, 1 bucket, base env"),
            log.text());
        assertEquals(2, opened.size());

        for (Configuration next : List.of(set(FINANCE), application, sentToAnExecutor(set(FINANCE)),
            readBackFromAJobFile(application))) {
            sessions.adopt(next);
        }
        assertEquals(6, opened.size());
        sessions.clear();
        sessions.adopt(machine);
        assertEquals("finance", served());
    }

    @Test
    void theSamePlanBySiteFileAndApplicationIsTheApplications() {
        Configuration machine = ofFile("core-site.xml", PARTNER);
        Configuration other = ofFile("core-default.xml", FINANCE);
        sessions.adopt(machine);
        sessions.adopt(other);
        sessions.adopt(machine);
        assertEquals(3, opened.size());

        sessions.adopt(set(PARTNER));
        StandardError.of(() -> sessions.adopt(other));
        assertEquals(3, opened.size());
        assertEquals("partner", served());

        sessions.put(other);
        StandardError.of(() -> sessions.adopt(machine));
        assertEquals("finance", served());
    }

    private static Configuration sentToAnExecutor(Configuration sent) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            sent.write(new DataOutputStream(bytes));
            Configuration received = new Configuration(false);
            received.readFields(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
            return received;
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Configuration readBackFromAJobFile(Configuration written) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            written.writeXml(bytes);
            Configuration read = new Configuration(false);
            read.addResource(new ByteArrayInputStream(bytes.toByteArray()), "job.xml");
            return read;
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Configuration ofFile(String name, String plan) {
        Configuration configuration = new Configuration(false);
        configuration.addResource(new ByteArrayInputStream(("<configuration><property><name>fs.xacct.plan</name><value>" + packed(plan)
            + "</value></property></configuration>").getBytes(StandardCharsets.UTF_8)), name);
        return configuration;
    }

    private static Configuration set(String plan) {
        Configuration configuration = new Configuration(false);
        configuration.set(Keys.PLAN, packed(plan));
        return configuration;
    }

    private String served() {
        return sessions.session("s3a", "partner-data").accessKeyId().replaceFirst(".*/", "");
    }

    private static String plan(String buckets) {
        return json("{\"kind\":\"env\"}", "http://sts", role("partner") + "," + role("finance"), buckets, "@deny");
    }
}

package io.sparkxacct.python;

import io.sparkxacct.plan.Json;
import io.sparkxacct.session.Clock;
import io.sparkxacct.session.Failure;
import io.sparkxacct.session.FailureException;
import io.sparkxacct.session.FailureFields;
import io.sparkxacct.session.Offer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the endpoint answers to a request: AWS's container-credentials form for who may have a role, and no detail for anybody else. */
final class Answers {
    private final List<ServedRole> roles;
    private final int port;
    private final RoleOffers offers;
    private final Clock clock;

    Answers(List<ServedRole> roles, int port, RoleOffers offers, Clock clock) {
        this.roles = new ArrayList<>(roles);
        this.port = port;
        this.offers = offers;
        this.clock = clock;
    }

    /** {@code request} null is one that could not be read. */
    Reply to(Request request) {
        if (request == null || !isOurs(request.header("host"))) {
            return Reply.BAD_REQUEST;
        }
        if (!"GET".equals(request.method())) {
            return Reply.METHOD_NOT_ALLOWED;
        }
        ServedRole asked = null;
        for (ServedRole role : roles) {
            if (role.isAt(request.target())) {
                asked = role;
            }
        }
        if (asked == null) {
            return Reply.NOT_FOUND;
        }
        return asked.isOpenedBy(request.header("authorization")) ? session(asked) : Reply.UNAUTHORIZED;
    }

    /** A name that somebody's DNS sends to loopback is a stranger's page. */
    private boolean isOurs(String host) {
        String address = host.endsWith(":" + port) ? host.substring(0, host.length() - Integer.toString(port).length() - 1) : host;
        return "127.0.0.1".equals(address) || "localhost".equals(address);
    }

    private Reply session(ServedRole role) {
        try {
            return Reply.of(Json.canonical(credentials(role, offers.of(role.name()))));
        } catch (FailureException refused) {
            return refusal(refused.failure());
        } catch (RuntimeException | LinkageError unexpected) {
            return refusal(Failure.unanswered(role.name(), "no session can be given: " + unexpected));
        }
    }

    private Map<String, Object> credentials(ServedRole role, Offer offer) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("AccessKeyId", offer.session().accessKeyId());
        fields.put("SecretAccessKey", offer.session().secretAccessKey());
        fields.put("Token", offer.session().sessionToken());
        // By this host's clock, because it is what the reader compares with.
        fields.put("Expiration", Instant.ofEpochMilli(clock.millis() + offer.leftMillis()).truncatedTo(ChronoUnit.SECONDS).toString());
        fields.put("RoleArn", role.arn());
        return fields;
    }

    private Reply refusal(Failure failure) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("code", failure.kind().name());
        fields.put("message", failure.firstLine(null));
        fields.put("failure", FailureFields.of(failure, clock.millis()));
        return Reply.unavailable(Json.canonical(fields));
    }
}

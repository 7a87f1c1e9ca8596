package io.sparkxacct.session;

import java.net.URI;
import java.net.URISyntaxException;

/** Where STS is in a region, by partition: what the table of no installed SDK knows in full. */
final class StsAddress {
    /** Region prefix and DNS suffix; https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json */
    private static final String[][] PARTITIONS = {
        {"cn-", "amazonaws.com.cn"},
        {"us-iso-", "c2s.ic.gov"},
        {"us-isob-", "sc2s.sgov.gov"},
        {"eu-isoe-", "cloud.adc-e.uk"},
        {"us-isof-", "csp.hci.ic.gov"},
        {"eusc-", "amazonaws.eu"},
    };

    private static final int LAST_PORT = 65_535;

    private StsAddress() {
    }

    static String of(String region, boolean fips) {
        // In GovCloud the plain name is the FIPS one.
        String host = fips && !region.startsWith("us-gov-") ? "sts-fips" : "sts";
        return "https://" + host + "." + region + "." + dnsSuffix(region);
    }

    private static String dnsSuffix(String region) {
        for (String[] partition : PARTITIONS) {
            if (region.startsWith(partition[0])) {
                return partition[1];
            }
        }
        return "amazonaws.com";
    }

    /** Throws FailureException (PLAN) for what no HTTP client can ask; {@code from}: where the address stands. */
    static void check(String address, String from) {
        String problem = null;
        try {
            URI uri = new URI(address);
            if (!"http".equalsIgnoreCase(uri.getScheme()) && !"https".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
                problem = "it needs the form https://HOST";
            } else if (uri.getPort() == 0 || uri.getPort() > LAST_PORT) {
                problem = "its port is not among 1 to 65535";
            }
        } catch (URISyntaxException broken) {
            problem = broken.getReason();
        }
        if (problem != null) {
            throw new FailureException(Failure.plan("the address of STS \"" + address + "\" is not valid: " + problem, "correct " + from));
        }
    }
}

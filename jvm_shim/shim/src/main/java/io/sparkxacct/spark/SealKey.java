package io.sparkxacct.spark;

import java.io.IOException;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;

/** The broker's key among the Hadoop credentials of a user, where Spark's own secret travels too: YARN carries them to containers. */
final class SealKey {
    private static final Text NAME = new Text("io.sparkxacct.broker.key");

    private SealKey() {
    }

    /** Whether users are Kerberos's, so that Spark manages their tokens. */
    static boolean kerberos() {
        return UserGroupInformation.isSecurityEnabled();
    }

    /** False where there is no user to give it to. A key of an earlier SparkContext is replaced. */
    static boolean giveOut(byte[] key) {
        try {
            Credentials credentials = new Credentials();
            credentials.addSecretKey(NAME, key);
            UserGroupInformation.getCurrentUser().addCredentials(credentials);
            return true;
        } catch (IOException noUser) {
            return false;
        }
    }

    /** Null where none came along. */
    static byte[] received() throws IOException {
        return UserGroupInformation.getCurrentUser().getCredentials().getSecretKey(NAME);
    }
}

package io.sparkxacct.compat;

import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import java.io.FileNotFoundException;

/** A base identity as Scala or Kotlin compile it: it throws a checked exception that no signature names. */
public final class SneakyBase implements AWSCredentialsProvider {
    @Override
    public AWSCredentials getCredentials() {
        throw SneakyBase.<RuntimeException>unchecked(new FileNotFoundException("/etc/corp/keys"));
    }

    @Override
    public void refresh() {
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T unchecked(Throwable thrown) throws T {
        throw (T) thrown;
    }
}

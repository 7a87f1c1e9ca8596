package io.sparkxacct.compat;

import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;

/** A base identity with the key AKIABASE. */
public final class StaticBase implements AWSCredentialsProvider {
    @Override
    public AWSCredentials getCredentials() {
        return new BasicAWSCredentials("AKIABASE", "secret-of-base");
    }

    @Override
    public void refresh() {
    }
}

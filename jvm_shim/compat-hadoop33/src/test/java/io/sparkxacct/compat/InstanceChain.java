package io.sparkxacct.compat;

import com.amazonaws.auth.AWSCredentialsProviderChain;
import com.amazonaws.auth.InstanceProfileCredentialsProvider;

/** A chain whose only member is an instance profile of its own. */
public final class InstanceChain extends AWSCredentialsProviderChain {
    @SuppressWarnings("deprecation")
    public InstanceChain() {
        super(new InstanceProfileCredentialsProvider());
    }
}

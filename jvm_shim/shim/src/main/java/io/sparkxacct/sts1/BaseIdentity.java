package io.sparkxacct.sts1;

import com.amazonaws.auth.AWSCredentialsProvider;
import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.BaseLoader;
import io.sparkxacct.session.BaseProvider;
import io.sparkxacct.session.StsInputs;

/** Loads the base identity's provider by the rules that S3A has for providers of SDK v1. */
final class BaseIdentity {
    private BaseIdentity() {
    }

    static BaseProvider<AWSCredentialsProvider> load(StsInputs inputs) {
        Plan.Base base = inputs.plan().base();
        return WebIdentityCredentialsProvider.class.getName().equals(base.v1())
            ? BaseProvider.made(new WebIdentityCredentialsProvider(inputs))
            : BaseLoader.load(base.v1(), AWSCredentialsProvider.class, "getInstance", base.profile(), inputs.configuration());
    }
}

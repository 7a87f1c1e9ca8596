package io.sparkxacct.sts2;

import io.sparkxacct.plan.Plan;
import io.sparkxacct.session.BaseLoader;
import io.sparkxacct.session.BaseProvider;
import io.sparkxacct.session.StsInputs;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/** Loads the base identity's provider by the rules that S3A has for providers of SDK v2. */
final class BaseIdentity {
    private BaseIdentity() {
    }

    static BaseProvider<AwsCredentialsProvider> load(StsInputs inputs) {
        Plan.Base base = inputs.plan().base();
        return WebIdentityCredentialsProvider.class.getName().equals(base.v2())
            ? BaseProvider.made(new WebIdentityCredentialsProvider(inputs))
            : BaseLoader.load(base.v2(), AwsCredentialsProvider.class, "create", base.profile(), inputs.configuration());
    }
}

package io.sparkxacct.compat;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.testkit.S3ARefusalTests;
import java.util.Map;

class S3ARefusalTest extends S3ARefusalTests {
    S3ARefusalTest() {
        super(Keys.S3A_PROVIDER, StaticBase.class.getName(), Map.of("audit.execution.interceptors", Keys.S3A_HOOK));
    }
}

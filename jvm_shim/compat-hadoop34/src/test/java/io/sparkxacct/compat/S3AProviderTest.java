package io.sparkxacct.compat;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.s3a.S3ARoleCredentialsProvider;
import io.sparkxacct.testkit.S3AProviderTests;
import java.util.Map;
import java.util.function.Function;

class S3AProviderTest extends S3AProviderTests {
    S3AProviderTest() {
        super(Keys.S3A_PROVIDER, StaticBase.class.getName());
    }

    @Override
    protected Function<Map<String, Object>, Map<String, String>> exchangeSource(Function<Map<String, Object>, Map<String, String>> next) {
        Function<Map<String, Object>, Map<String, String>> before = S3ARoleCredentialsProvider.source;
        S3ARoleCredentialsProvider.source = next;
        return before;
    }
}

package io.sparkxacct.compat;

import static io.sparkxacct.testkit.PlanTexts.base;
import static io.sparkxacct.testkit.PlanTexts.json;
import static io.sparkxacct.testkit.PlanTexts.packed;
import static io.sparkxacct.testkit.PlanTexts.role;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sparkxacct.plan.Keys;
import io.sparkxacct.testkit.LoopbackS3;
import io.sparkxacct.testkit.LoopbackSts;
import java.net.URI;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;

class S3AFileSystemTest {
    @Test
    void readsABucketUnderTheLastRoleOfItsChain() throws Exception {
        try (LoopbackSts sts = LoopbackSts.start(); LoopbackS3 s3 = LoopbackS3.start()) {
            Configuration conf = new Configuration();
            conf.set(Keys.PLAN, packed(json(base(StaticBase.class.getName()), sts.endpoint(), role("hub") + "," + role("partner", "hub"),
                "\"partner-data\":\"partner\"", "@platform")));
            conf.set("fs.s3a.bucket.partner-data.aws.credentials.provider", Keys.S3A_PROVIDER);
            conf.set("fs.s3a.endpoint", s3.endpoint());
            conf.set("fs.s3a.endpoint.region", "eu-west-1");
            conf.set("fs.s3a.path.style.access", "true");
            try (FileSystem fs = FileSystem.newInstance(URI.create("s3a://partner-data/"), conf)) {
                assertEquals(4, fs.getFileStatus(new Path("s3a://partner-data/x.txt")).getLen());
            }
            assertEquals(List.of("hub", "partner"), sts.assumed());
            assertEquals(List.of("ASIAPARTNER"), s3.signers());
        }
    }
}

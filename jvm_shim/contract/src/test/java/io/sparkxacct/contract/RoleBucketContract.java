package io.sparkxacct.contract;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.contract.AbstractBondedFSContract;

/** S3A on a bucket that a role protects; provider and plan come from the core-site.xml on the class path. */
final class RoleBucketContract extends AbstractBondedFSContract {
    RoleBucketContract(Configuration configuration) {
        super(configuration);
        addConfResource("s3a-contract.xml");
    }

    @Override
    public String getScheme() {
        return "s3a";
    }
}

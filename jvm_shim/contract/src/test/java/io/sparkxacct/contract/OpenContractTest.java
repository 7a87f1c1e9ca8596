package io.sparkxacct.contract;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.contract.AbstractContractOpenTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;

public class OpenContractTest extends AbstractContractOpenTest {
    @Override
    protected AbstractFSContract createContract(Configuration configuration) {
        return new RoleBucketContract(configuration);
    }

    @Override
    protected boolean areZeroByteFilesEncrypted() {
        return true;
    }
}

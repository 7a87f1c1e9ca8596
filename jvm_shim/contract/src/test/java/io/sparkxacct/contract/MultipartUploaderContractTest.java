package io.sparkxacct.contract;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.contract.AbstractContractMultipartUploaderTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;

public class MultipartUploaderContractTest extends AbstractContractMultipartUploaderTest {
    @Override
    protected AbstractFSContract createContract(Configuration configuration) {
        return new RoleBucketContract(configuration);
    }

    @Override
    protected boolean supportsConcurrentUploadsToSamePath() {
        return true;
    }

    /** S3 answers a second completion as it did the first. */
    @Override
    protected boolean finalizeConsumesUploadIdImmediately() {
        return false;
    }

    @Override
    protected int getTestPayloadCount() {
        return 3;
    }

    /** The least that S3 takes for a part that is not the last. */
    @Override
    protected int partSizeInBytes() {
        return 5 * 1024 * 1024;
    }
}

package io.sparkxacct.session;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** An SDK line that says yes, keeps what it was asked, and can be told to fail. */
final class FakeLine implements StsLine {
    final List<String> calls = new ArrayList<>();
    String callerArn = "arn:aws:iam::111122223333:user/base";
    RuntimeException noBase;
    boolean passing;
    boolean silent;
    int forgotten;
    RoleSession base = new RoleSession("AKIABASE", "secret-of-base", null, null);
    StsException refusal;
    volatile boolean closed;
    AssumeRoleFields lastFields;

    @Override
    public String sdk() {
        return "a fake SDK";
    }

    @Override
    public RoleSession baseCredentials() {
        if (noBase != null) {
            throw noBase;
        }
        return base;
    }

    @Override
    public void forgetBase() {
        forgotten++;
    }

    @Override
    public boolean passes(Throwable thrown) {
        return passing;
    }

    @Override
    public boolean isSilent(Throwable thrown) {
        return silent;
    }

    @Override
    public RoleSession assumeRole(AssumeRoleFields fields, RoleSession signer) throws StsException {
        calls.add("AssumeRole " + fields.roleArn() + " by " + signer.accessKeyId());
        lastFields = fields;
        failIfTold();
        return new RoleSession("ASIA" + fields.roleArn(), "secret", "token", Instant.now().plusSeconds(3600));
    }

    @Override
    public String callerArn(RoleSession signer) throws StsException {
        calls.add("GetCallerIdentity by " + signer.accessKeyId());
        failIfTold();
        return callerArn;
    }

    @Override
    public void close() {
        closed = true;
    }

    private void failIfTold() throws StsException {
        if (refusal != null) {
            throw refusal;
        }
    }
}

package io.sparkxacct.session;

/** An SDK whose calls of STS are counted and timed, answered or not. */
final class CountedLine implements StsLine {
    private final StsLine line;
    private final Counters counters;
    private final Clock clock;

    CountedLine(StsLine line, Counters counters, Clock clock) {
        this.line = line;
        this.counters = counters;
        this.clock = clock;
    }

    @Override
    public RoleSession assumeRole(AssumeRoleFields fields, RoleSession signer) throws StsException {
        long start = clock.nanos();
        try {
            return line.assumeRole(fields, signer);
        } finally {
            counters.addStsCall(clock.nanos() - start);
        }
    }

    @Override
    public String callerArn(RoleSession signer) throws StsException {
        long start = clock.nanos();
        try {
            return line.callerArn(signer);
        } finally {
            counters.addStsCall(clock.nanos() - start);
        }
    }

    @Override
    public String sdk() {
        return line.sdk();
    }

    @Override
    public RoleSession baseCredentials() {
        return line.baseCredentials();
    }

    @Override
    public void forgetBase() {
        line.forgetBase();
    }

    @Override
    public boolean passes(Throwable thrown) {
        return line.passes(thrown);
    }

    @Override
    public boolean isSilent(Throwable thrown) {
        return line.isSilent(thrown);
    }

    @Override
    public void close() {
        line.close();
    }
}

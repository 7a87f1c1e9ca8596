package io.sparkxacct.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallerIdentityTest {
    @ParameterizedTest
    @CsvSource({
        "true,  arn:aws:sts::111122223333:assumed-role/etl/run-1,        arn:aws:iam::111122223333:role/etl",
        "true,  arn:aws:sts::111122223333:assumed-role/etl/i-0,          arn:aws:iam::111122223333:role/a/b/etl",
        "true,  arn:aws-cn:sts::111122223333:assumed-role/etl/x,         arn:aws-cn:iam::111122223333:role/etl",
        "true,  arn:aws:iam::111122223333:user/ana,                      arn:aws:iam::111122223333:user/ana",
        "true,  arn:aws:sts::111122223333:federated-user/ana,            arn:aws:sts::111122223333:federated-user/ana",
        "true,  arn:aws:sts::111122223333:assumed-role/etl/run-2,        arn:aws:sts::111122223333:assumed-role/etl/run-1",
        "false, arn:aws:sts::111122223333:assumed-role/etl-2/run-1,      arn:aws:sts::111122223333:assumed-role/etl/run-1",
        "false, ,                                                        arn:aws:iam::111122223333:role/etl",
        "false, arn:aws:sts::111122223333:assumed-role/etl-2/run-1,      arn:aws:iam::111122223333:role/etl",
        "false, arn:aws:sts::444455556666:assumed-role/etl/run-1,        arn:aws:iam::111122223333:role/etl",
        "false, arn:aws-cn:sts::111122223333:assumed-role/etl/run-1,     arn:aws:iam::111122223333:role/etl",
        "false, arn:aws:iam::111122223333:user/path/ana,                 arn:aws:iam::111122223333:user/ana",
        "false, arn:aws:sts::111122223333:assumed-role/etl/run-1,        arn:aws:iam::111122223333:user/etl",
    })
    void comparesWhatStsSaysWithWhatIsDeclared(boolean same, String actual, String declared) {
        assertEquals(same, CallerIdentity.is(actual, declared));
    }
}

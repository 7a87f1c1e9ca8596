package io.sparkxacct.compat;

import io.sparkxacct.sts1.Sts1Line;
import io.sparkxacct.testkit.StsErrorTests;

class StsErrorTest extends StsErrorTests {
    StsErrorTest() {
        super(Sts1Line::new, StaticBase.class.getName());
    }
}

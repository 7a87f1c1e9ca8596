package io.sparkxacct.compat;

import io.sparkxacct.sts2.Sts2Line;
import io.sparkxacct.testkit.StsErrorTests;

class StsErrorTest extends StsErrorTests {
    StsErrorTest() {
        super(Sts2Line::new, StaticBase.class.getName());
    }
}

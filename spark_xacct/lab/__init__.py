"""The lab: an embedded AWS that says no. For the demo, for our tests, and for tests of users' own jobs.

```python
with Lab(access_map) as lab:
    lab.put("s3://partner-data/in.json", b'{"a": 1}')
    subprocess.run([...], env=lab.process_environment())
    assert lab.callers("s3://partner-data/") == {"partner"}
```
"""

from __future__ import annotations

from spark_xacct.lab.call_log import Call
from spark_xacct.lab.errors import LabError
from spark_xacct.lab.lab import Lab

__all__ = ["Call", "Lab", "LabError"]

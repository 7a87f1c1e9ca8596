"""IAM documents for an access map: who must trust whom, and what each role must be allowed. Pure: no call, no clock."""

from __future__ import annotations

from spark_xacct.iam.chains import Assumption, assumptions
from spark_xacct.iam.documents import (
    AccountDocuments,
    BucketDocuments,
    PrincipalDocuments,
    documents,
)
from spark_xacct.iam.explained import Explained

__all__ = [
    "AccountDocuments",
    "Assumption",
    "BucketDocuments",
    "Explained",
    "PrincipalDocuments",
    "assumptions",
    "documents",
]

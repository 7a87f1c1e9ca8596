"""What a connector's SDK cannot serve; asked by whoever knows the connector."""

from __future__ import annotations

from spark_xacct.errors import TargetError
from spark_xacct.model import AccessMap
from spark_xacct.model.bases import BASES, provider_classes

_CONNECTORS = {
    "v1": "AWS SDK v1 (EMRFS, S3A of Hadoop 3.3)",
    "v2": "AWS SDK v2 (S3A of Hadoop 3.4 and newer)",
}


def check_connector(access_map: AccessMap, sdk: str) -> None:
    """Raises TargetError when the connector's SDK ("v1" or "v2") has no provider for the base identity."""
    base = access_map.base
    if provider_classes(base)[sdk] is not None:
        return
    other = "v2" if sdk == "v1" else "v1"
    served = ", ".join(kind.value for kind, row in BASES.items() if getattr(row, sdk) is not None)
    raise TargetError(
        f"{_CONNECTORS[sdk]} cannot serve the base identity {base.kind}; use a release whose connector is on "
        f"{_CONNECTORS[other]}, or one of these base identities: {served}"
    )

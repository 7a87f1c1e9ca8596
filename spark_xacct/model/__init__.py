"""The model: frozen values that cannot be invalid. Standard library only, Python 3.7 syntax (runs in workers)."""

from spark_xacct.model.access_map import AccessMap, Decision, DecisionKind
from spark_xacct.model.arn import Arn
from spark_xacct.model.base import Base, Sts
from spark_xacct.model.bases import BaseKind
from spark_xacct.model.binding import Binding, Pattern
from spark_xacct.model.location import Location
from spark_xacct.model.role import ExternalId, Grant, Role, sts_fields

__all__ = [
    "AccessMap",
    "Arn",
    "Base",
    "BaseKind",
    "Binding",
    "Decision",
    "DecisionKind",
    "ExternalId",
    "Grant",
    "Location",
    "Pattern",
    "Role",
    "Sts",
    "sts_fields",
]

"""Role sessions for boto3: the same chains as the JVM's, in the driver and in workers.

Importing this package does not load boto3; what needs it says so when it is not installed.
"""

from __future__ import annotations

from spark_xacct.aws.active import activate, current, deactivate, in_force
from spark_xacct.aws.role_sessions import RoleSessions, sessions_of, user_name

__all__ = ["RoleSessions", "activate", "current", "deactivate", "in_force", "sessions_of", "user_name"]

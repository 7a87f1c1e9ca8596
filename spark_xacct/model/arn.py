"""Amazon resource names."""

from __future__ import annotations

from dataclasses import dataclass

from spark_xacct.errors import ModelError
from spark_xacct.model import limits

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")


@dataclass(frozen=True, order=True)
class Arn:
    """One ARN, taken apart. ``resource`` is all that follows the fifth colon.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Raises ModelError with what is wrong with ``text``."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not parts[5]:
            raise ModelError(f'"{text}" is not an ARN (arn:partition:service:region:account:resource)')
        if parts[1] not in PARTITIONS:
            raise ModelError(f'"{text}" names the unknown partition "{parts[1]}"')
        # Managed policies of AWS have "aws" there.
        if parts[4] not in ("", "aws") and not limits.ACCOUNT_ID.match(parts[4]):
            raise ModelError(f'"{text}" has the account "{parts[4]}", which is not 12 digits')
        return cls(*parts[1:])

    @classmethod
    def parse_role(cls, text: str) -> Arn:
        """The ARN of an IAM role; raises ModelError for anything else."""
        arn = cls.parse(text)
        if (
            arn.service != "iam"
            or arn.region
            or not limits.ACCOUNT_ID.match(arn.account)
            or not limits.ROLE_RESOURCE.match(arn.resource)
        ):
            raise ModelError(f'"{text}" is not the ARN of a role (arn:aws:iam::123456789012:role/NAME)')
        return arn

    @classmethod
    def parse_principal(cls, text: str) -> Arn:
        """The ARN of a role or of a user, which is what a base identity can be; raises ModelError for anything else."""
        arn = cls.parse(text)
        named = limits.ROLE_RESOURCE.match(arn.resource) or limits.USER_RESOURCE.match(arn.resource)
        if arn.service != "iam" or arn.region or not limits.ACCOUNT_ID.match(arn.account) or not named:
            raise ModelError(f'"{text}" is not the ARN of a role or of a user (arn:aws:iam::123456789012:role/NAME)')
        return arn

    @property
    def is_user(self) -> bool:
        """Whether this is an IAM user, whose sessions are not bound by the one-hour limit of role chaining."""
        return self.service == "iam" and self.resource.startswith("user/")

    @property
    def resource_name(self) -> str:
        """The last path element: the bare role or user name."""
        return self.resource.rsplit("/", 1)[-1]

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

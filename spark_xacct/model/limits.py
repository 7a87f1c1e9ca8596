"""The numbers of AWS that a declaration must respect, each with its source."""

from __future__ import annotations

import re

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
DURATION_MINIMUM_SECONDS = 900
DURATION_MAXIMUM_SECONDS = 43_200
# "Role chaining limits your role session to a maximum of one hour", same page.
CHAINED_DURATION_MAXIMUM_SECONDS = 3_600
SESSION_POLICY_MAXIMUM_CHARACTERS = 2_048
SESSION_POLICY_ARNS_MAXIMUM = 10
TAGS_MAXIMUM = 50
TAG_KEY_MAXIMUM_CHARACTERS = 128
TAG_VALUE_MAXIMUM_CHARACTERS = 256
SESSION_NAME = re.compile(r"^[\w+=,.@-]{2,64}\Z", re.ASCII)
SESSION_NAME_MAXIMUM_CHARACTERS = 64
EXTERNAL_ID = re.compile(r"^[\w+=,.@:/-]{2,1224}\Z", re.ASCII)
SOURCE_IDENTITY = re.compile(r"^[\w+=,.@-]{2,64}\Z", re.ASCII)
TAG_TEXT = re.compile(r"^[\w\s.:/=+\-@]*\Z")

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
# No IP addresses, no empty labels.
BUCKET_NAME = re.compile(r"^(?![0-9]+(?:\.[0-9]+){3}\Z)(?!.*\.\.)[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]\Z")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
ROLE_RESOURCE = re.compile(r"^role/(?:[!-~]*/)?[\w+=,.@-]{1,64}\Z", re.ASCII)
USER_RESOURCE = re.compile(r"^user/(?:[!-~]*/)?[\w+=,.@-]{1,64}\Z", re.ASCII)
# https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap03.html#tag_03_216
VARIABLE_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*\Z")
ACCOUNT_ID = re.compile(r"^[0-9]{12}\Z")
REGION = re.compile(r"^[a-z]{2,}(?:-[a-z]+)+-[0-9]+\Z")

# What botocore takes for the host of an endpoint: labels of letters, digits and dashes.
HOST_NAME = re.compile(r"^(?=.{1,255}\Z)(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)*(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.?\Z")

# Role names become URL paths and configuration keys: no dots, no upper case.
ROLE_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,31}\Z")
RESERVED_ROLE_NAMES = frozenset(["base", "platform", "deny", "own"])

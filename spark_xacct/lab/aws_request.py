"""What an HTTP request means to AWS: service, operation, who signed it, and what it names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qs, unquote, urlsplit

from spark_xacct.lab.wire import Message

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/[0-9]{8}/[^/]*/([^/]+)/")
_SIGNATURE_V2 = re.compile(r"^AWS ([^:\s]+):")

# Query parameter -> operation by method; the first that is present wins. Path style only, as the lab is addressed.
_BUCKET_SUBRESOURCES = (
    ("location", {"GET": "GetBucketLocation"}),
    ("uploads", {"GET": "ListMultipartUploads"}),
    ("delete", {"POST": "DeleteObjects"}),
    ("versioning", {"GET": "GetBucketVersioning", "PUT": "PutBucketVersioning"}),
    ("policy", {"GET": "GetBucketPolicy", "PUT": "PutBucketPolicy", "DELETE": "DeleteBucketPolicy"}),
    ("acl", {"GET": "GetBucketAcl", "PUT": "PutBucketAcl"}),
    ("encryption", {"GET": "GetBucketEncryption"}),
    ("versions", {"GET": "ListObjectVersions"}),
    ("list-type", {"GET": "ListObjectsV2"}),
)
_BUCKET = {"GET": "ListObjects", "HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
_OBJECT = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}


@dataclass(frozen=True)
class AwsRequest:
    """One request, read lazily: most of it is needed for STS only."""

    message: Message

    @cached_property
    def _signer(self) -> tuple[str | None, str | None]:
        authorization = self.message.header("Authorization")
        found = _CREDENTIAL.search(authorization)
        if found:
            return found.group(1), found.group(2)
        old = _SIGNATURE_V2.match(authorization)
        if old:
            return old.group(1), "s3"
        presigned = self.query.get("X-Amz-Credential", "").split("/")
        if len(presigned) >= 4:
            return presigned[0], presigned[3]
        return self.query.get("AWSAccessKeyId"), None

    @property
    def access_key_id(self) -> str | None:
        """Who signed it, None for an unsigned request."""
        return self._signer[0]

    @cached_property
    def service(self) -> str:
        """The service of the signature's scope; of an unsigned request, what it looks like."""
        if self._signer[1]:
            return str(self._signer[1])
        if self.form.get("Action", "").startswith("AssumeRoleWith"):
            return "sts"
        target = self.message.header("X-Amz-Target")
        return "sqs" if target.startswith("AmazonSQS") else "s3"

    @cached_property
    def path(self) -> str:
        return urlsplit(self.message.target).path

    @cached_property
    def query(self) -> Mapping[str, str]:
        return _single_values(urlsplit(self.message.target).query)

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The parameters of a query-protocol request, wherever they stand."""
        if self.message.header("Content-Type").startswith("application/x-www-form-urlencoded"):
            return {**self.query, **_single_values(self.message.body.decode("utf-8", "replace"))}
        return self.query

    @cached_property
    def json(self) -> Mapping[str, object]:
        """The body of a JSON-protocol request; empty for anything else."""
        if "json" not in self.message.header("Content-Type"):
            return {}
        try:
            value = json.loads(self.message.body or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @cached_property
    def operation(self) -> str:
        if self.service == "s3":
            return self._s3_operation()
        target = self.message.header("X-Amz-Target")
        return target.rsplit(".", 1)[-1] if target else self.form.get("Action", "Unknown")

    @cached_property
    def bucket(self) -> str | None:
        if self.service != "s3":
            return None
        return unquote(self.path.lstrip("/").partition("/")[0]) or None

    @cached_property
    def key(self) -> str | None:
        if self.service != "s3":
            return None
        return unquote(self.path.lstrip("/").partition("/")[2]) or None

    @cached_property
    def queue(self) -> str | None:
        """The name of the queue an SQS request is about."""
        if self.service != "sqs":
            return None
        url = str(self.json.get("QueueUrl") or self.form.get("QueueUrl") or "")
        name = self.json.get("QueueName") or self.form.get("QueueName")
        return url.rsplit("/", 1)[-1] or (str(name) if name else None)

    def _s3_operation(self) -> str:
        method, query = self.message.method, self.query
        if self.bucket is None:
            return "ListBuckets"
        if self.key is None:
            for name, operations in _BUCKET_SUBRESOURCES:
                if name in query and method in operations:
                    return operations[method]
            return _BUCKET.get(method, method)
        copies = bool(self.message.header("x-amz-copy-source"))
        if "uploads" in query and method == "POST":
            return "CreateMultipartUpload"
        if "uploadId" in query:
            parts = {
                "PUT": "UploadPartCopy" if copies else "UploadPart",
                "POST": "CompleteMultipartUpload",
                "DELETE": "AbortMultipartUpload",
                "GET": "ListParts",
            }
            return parts.get(method, method)
        if method == "PUT" and copies:
            return "CopyObject"
        return _OBJECT.get(method, method)


def members(form: Mapping[str, str], name: str) -> list[str]:
    """The values of ``name.member.1``, ``name.member.2``, ... of a query-protocol request."""
    result: list[str] = []
    while f"{name}.member.{len(result) + 1}" in form:
        result.append(form[f"{name}.member.{len(result) + 1}"])
    return result


def tags(form: Mapping[str, str], name: str = "Tags") -> dict[str, str]:
    """The tags of a query-protocol request."""
    result: dict[str, str] = {}
    number = 1
    while f"{name}.member.{number}.Key" in form:
        result[form[f"{name}.member.{number}.Key"]] = form.get(f"{name}.member.{number}.Value", "")
        number += 1
    return result


def _single_values(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}

"""What botocore raises, as one line: what was refused, to whom, and what to do."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from spark_xacct.errors import XacctError

ERRORS = (ClientError, BotoCoreError, ResponseParserError)

# Names of IAM where they are not those of the SDK.
_IAM_SERVICES = {"emr": "elasticmapreduce"}
_IAM_ACTIONS = {
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:DeleteObjects": "s3:DeleteObject",
}
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
_UNKNOWN_KEYS = (
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "InvalidToken",
    "AuthFailure",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
)
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AccessDeniedForDependency", "403")
_THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "LimitExceededException",
)
_MISSING = ("ResourceNotFoundException", "NoSuchBucket", "NoSuchKey", "404", "NotFound")
_ENCODED = re.compile(r"\s*Encoded authorization failure message: \S+")
# EMR on EC2 has one code for every bad request: "Cluster id 'j-1' is not valid."
_NOT_VALID = re.compile(r"\bid '[^']*' is not valid|\bdoes not exist\b", re.IGNORECASE)


class LaunchError(XacctError):
    """The launcher cannot go on. ``exit_code`` 4 where AWS refused, 2 for wrong usage, 1 for a failed job.

    ``is_transient``: whether the same question may be answered a little later. ``is_expired``: whether new credentials help.
    ``may_be_done``: whether the answer was lost, so that what was asked for may have been carried out.
    """

    def __init__(
        self,
        message: str,
        exit_code: int = 4,
        *,
        is_transient: bool = False,
        is_expired: bool = False,
        may_be_done: bool = False,
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.is_transient = is_transient
        self.is_expired = is_expired
        self.may_be_done = may_be_done


def launch_error(
    error: Exception, service: str, operation: str, about: str, place: str, caller: str | None
) -> LaunchError:
    """One of ERRORS in words. ``about``: what was asked for; ``place``: "Region R"; ``caller``: the ARN of who asked, if known."""
    if isinstance(error, ClientError):
        return _of_answer(error, service, operation, about, place, caller)
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return LaunchError(
            f"no AWS credentials were found to ask for {operation}; set AWS_PROFILE, log in (aws sso login), or run where a role is attached",
            is_expired=True,
        )
    if isinstance(error, ProfileNotFound):
        return LaunchError(f"{error}; correct AWS_PROFILE")
    if isinstance(error, NoRegionError):
        return LaunchError("no Region is known; say --region", exit_code=2)
    if isinstance(error, (HTTPClientError, BotoConnectionError, EndpointConnectionError, ConnectionClosedError)):
        return LaunchError(
            f"{service} does not answer in {place} ({_first_line(error)}); check the network, --region and AWS_ENDPOINT_URL",
            is_transient=True,
            may_be_done=True,
        )
    if isinstance(error, ResponseParserError):
        return LaunchError(
            f"{service} in {place} answered {operation} with something else ({_first_line(error)}); check AWS_ENDPOINT_URL and proxies",
            is_transient=True,
            may_be_done=True,
        )
    is_login = type(error).__name__ in (
        "TokenRetrievalError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "CredentialRetrievalError",
        "LoginRefreshRequired",
    )
    if is_login:
        return LaunchError(f"AWS credentials cannot be had ({_first_line(error)}); log in again", is_expired=True)
    return LaunchError(f"{operation} of {service} cannot be asked ({_first_line(error)})")


def code_of(error: BaseException | None) -> str:
    """The code of a service's answer, "" for what is none."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def is_denied(error: BaseException | None) -> bool:
    """Whether a service answered that this is not allowed."""
    return code_of(error) in _DENIED


def iam_action(service: str, operation: str) -> str:
    action = f"{_IAM_SERVICES.get(service, service)}:{operation}"
    return _IAM_ACTIONS.get(action, action)


def _of_answer(
    error: ClientError, service: str, operation: str, about: str, place: str, caller: str | None
) -> LaunchError:
    code, message = code_of(error), _message(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    who = caller or "the launcher's credentials"
    if code in _EXPIRED:
        return LaunchError(f"the AWS credentials of {who} have expired ({code}); log in again", is_expired=True)
    if code in _UNKNOWN_KEYS:
        return LaunchError(
            f"AWS does not know these credentials ({code}: {message}); log in again, or correct AWS_PROFILE"
        )
    if code in _THROTTLED:
        return LaunchError(
            f"AWS throttles {operation} ({code}: {message}); submit again with the same --token, which makes no second job",
            is_transient=True,
        )
    if code in _DENIED:
        return LaunchError(
            f"AWS refused {iam_action(service, operation)} on {about} to {who}: {message}; allow it there (--dry-run lists what the "
            "launcher needs)"
        )
    if code in _MISSING or (code == "InvalidRequestException" and _NOT_VALID.search(message)):
        return LaunchError(f"{about} is not there in {place}, or not for {who}: {message}; correct the id, or --region")
    if code == "ConflictException":
        return LaunchError(
            f"AWS refused {operation}: {message}; where --token was used for another job, take another one"
        )
    if status >= 500:
        return LaunchError(
            f"{service} in {place} fails ({code}: {message}); try again later", is_transient=True, may_be_done=True
        )
    return LaunchError(f"AWS refused {operation} on {about} ({code}): {message}")


def _message(error: ClientError) -> str:
    text: Any = error.response.get("Error", {}).get("Message") or "no reason given"
    return _ENCODED.sub("", _first_line(text)).rstrip(". ")


def _first_line(value: object) -> str:
    return (str(value).strip().splitlines() or [""])[0]

"""Refusals in the words and forms of AWS, for what the server behind the front does not refuse."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from spark_xacct.lab.aws_request import AwsRequest
from spark_xacct.lab.wire import Message, answer

_REQUEST_ID = "00000000-0000-4000-8000-000000000000"


def refusal(request: AwsRequest, status: int, code: str, message: str) -> Message:
    """An error answer in the form that the request's service and protocol use."""
    if request.service == "s3":
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{code}</Code><Message>{escape(message)}</Message><RequestId>{_REQUEST_ID}</RequestId></Error>"
        )
        return answer(status, body.encode(), "application/xml", [("x-amz-request-id", _REQUEST_ID)])
    if "json" in request.message.header("Content-Type"):
        text = json.dumps({"__type": f"com.amazonaws.{request.service}#{code}", "message": message})
        headers = [("x-amzn-RequestId", _REQUEST_ID), ("x-amzn-query-error", f"{code};Sender")]
        return answer(status, text.encode(), "application/x-amz-json-1.0", headers)
    body = (
        f'<ErrorResponse xmlns="https://{request.service}.amazonaws.com/doc/2011-06-15/"><Error>'
        f"<Type>{'Sender' if status < 500 else 'Receiver'}</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
        f"</Error><RequestId>{_REQUEST_ID}</RequestId></ErrorResponse>"
    )
    return answer(status, body.encode(), "text/xml", [("x-amzn-RequestId", _REQUEST_ID)])


def expired(request: AwsRequest) -> Message:
    """A temporary key after its end: 400 from S3, 403 from STS and everything else."""
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    if request.service == "s3":
        return refusal(request, 400, "ExpiredToken", "The provided token has expired.")
    return refusal(request, 403, "ExpiredToken", "The security token included in the request is expired")


def throttled(request: AwsRequest) -> Message:
    """What each service says when asked too often: STS 400 Throttling, S3 503 SlowDown."""
    if request.service == "s3":
        return refusal(request, 503, "SlowDown", "Please reduce your request rate.")
    return refusal(request, 400, "Throttling", "Rate exceeded")

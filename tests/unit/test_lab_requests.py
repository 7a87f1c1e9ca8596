"""What the front reads out of requests, on the bytes that clients send."""

from __future__ import annotations

import io

import pytest

from spark_xacct.lab import wire
from spark_xacct.lab.aws_request import AwsRequest, members, tags
from spark_xacct.lab.refusals import refusal
from spark_xacct.lab.sts_gate import requested

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261122/eu-west-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def request(first: str, service: str | None = "s3", body: bytes = b"", **headers: str) -> AwsRequest:
    message = wire.Message(
        f"{first} HTTP/1.1", [(name.replace("_", "-"), value) for name, value in headers.items()], body
    )
    if service is not None:
        message.headers.append(("Authorization", SIGNED.format(service)))
    return AwsRequest(message)


@pytest.mark.parametrize(
    ("first", "headers", "expected"),
    [
        ("GET /", {}, "ListBuckets"),
        ("GET /b", {}, "ListObjects"),
        ("GET /b/?list-type=2&prefix=x", {}, "ListObjectsV2"),
        ("GET /b?location", {}, "GetBucketLocation"),
        ("GET /b?uploads", {}, "ListMultipartUploads"),
        ("HEAD /b", {}, "HeadBucket"),
        ("POST /b?delete", {}, "DeleteObjects"),
        ("PUT /b", {}, "CreateBucket"),
        ("PUT /b?policy", {}, "PutBucketPolicy"),
        ("GET /b/k", {}, "GetObject"),
        ("HEAD /b/k", {}, "HeadObject"),
        ("PUT /b/k", {}, "PutObject"),
        ("PUT /b/k", {"x_amz_copy_source": "/b/a"}, "CopyObject"),
        ("DELETE /b/k", {}, "DeleteObject"),
        ("POST /b/k?uploads", {}, "CreateMultipartUpload"),
        ("PUT /b/k?partNumber=1&uploadId=u", {}, "UploadPart"),
        ("PUT /b/k?partNumber=1&uploadId=u", {"x_amz_copy_source": "/b/a"}, "UploadPartCopy"),
        ("POST /b/k?uploadId=u", {}, "CompleteMultipartUpload"),
        ("DELETE /b/k?uploadId=u", {}, "AbortMultipartUpload"),
        ("GET /b/k?uploadId=u", {}, "ListParts"),
    ],
)
def test_operations_of_s3(first: str, headers: dict[str, str], expected: str):
    found = request(first, **headers)

    assert (found.service, found.operation, found.access_key_id) == ("s3", expected, "AKIAEXAMPLE")


def test_bucket_and_key_are_decoded():
    found = request("GET /my-bucket/a%20b/c%2Bd?versionId=1")

    assert (found.bucket, found.key, found.queue) == ("my-bucket", "a b/c+d", None)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (request("GET /b/k?X-Amz-Credential=AKIAP%2F20261122%2Feu-west-1%2Fs3%2Faws4_request", None), ("AKIAP", "s3")),
        (request("GET /b/k", None, Authorization="AWS AKIAOLD:signature"), ("AKIAOLD", "s3")),
        (request("GET /b/k", None), (None, "s3")),
        (request("POST /", None, X_Amz_Target="AmazonSQS.SendMessage"), (None, "sqs")),
        (request("POST /", "sts", Content_Type="application/x-www-form-urlencoded"), ("AKIAEXAMPLE", "sts")),
    ],
    ids=["presigned", "signature version 2", "unsigned", "unsigned SQS", "signed STS"],
)
def test_who_signed_and_for_which_service(found: AwsRequest, expected: tuple[str | None, str]):
    assert (found.access_key_id, found.service) == expected


QUEUE = "http://127.0.0.1:1/444455556666/events"


@pytest.mark.parametrize(
    ("found", "operation"),
    [
        (
            request(
                "POST /",
                "sqs",
                f'{{"QueueUrl": "{QUEUE}"}}'.encode(),
                X_Amz_Target="AmazonSQS.SendMessage",
                Content_Type="application/x-amz-json-1.0",
            ),
            "SendMessage",
        ),
        (
            request(
                "POST /",
                "sqs",
                b"Action=GetQueueUrl&QueueName=events",
                Content_Type="application/x-www-form-urlencoded; charset=utf-8",
            ),
            "GetQueueUrl",
        ),
    ],
    ids=["JSON protocol", "query protocol"],
)
def test_queues_are_named_in_both_protocols(found: AwsRequest, operation: str):
    assert (found.operation, found.queue, found.bucket) == (operation, "events", None)


FORM = (
    b"Action=AssumeRole&RoleArn=arn&RoleSessionName=s&DurationSeconds=900&ExternalId=x%2B1&Policy=%7B%7D"
    b"&Tags.member.1.Key=team&Tags.member.1.Value=ads&Tags.member.2.Key=env&Tags.member.2.Value="
    b"&TransitiveTagKeys.member.1=team&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FX"
)


def test_an_assume_role_is_told_without_its_policy():
    form = request("POST /", "sts", FORM, Content_Type="application/x-www-form-urlencoded").form

    assert (tags(form), members(form, "TransitiveTagKeys")) == ({"team": "ads", "env": ""}, ["team"])
    assert requested(form) == {
        "RoleArn": "arn",
        "RoleSessionName": "s",
        "DurationSeconds": 900,
        "ExternalId": "x+1",
        "Tags": {"team": "ads", "env": ""},
        "TransitiveTagKeys": ["team"],
        "PolicyCharacters": 2,
        "PolicyArns": ["arn:aws:iam::aws:policy/X"],
    }


@pytest.mark.parametrize(
    ("found", "body"),
    [
        (
            request("GET /b/k"),
            '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>C</Code><Message>a &lt; b</Message>'
            "<RequestId>00000000-0000-4000-8000-000000000000</RequestId></Error>",
        ),
        (
            request("POST /", "sts"),
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>C</Code>'
            "<Message>a &lt; b</Message></Error><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>",
        ),
        (
            request("POST /", "sqs", Content_Type="application/x-amz-json-1.0"),
            '{"__type": "com.amazonaws.sqs#C", "message": "a < b"}',
        ),
    ],
    ids=["s3", "query protocol", "JSON protocol"],
)
def test_refusals_have_the_form_of_their_service(found: AwsRequest, body: str):
    answer = refusal(found, 400, "C", "a < b")

    assert (answer.status, answer.body.decode()) == (400, body)


def read(text: bytes) -> tuple[wire.Message | None, bytes]:
    back = io.BytesIO()
    return wire.read_request(io.BytesIO(text), back), back.getvalue()


def test_a_request_passes_through_as_it_came_but_for_its_framing():
    message, back = read(
        b"PUT /b/k HTTP/1.1\r\nHost: 127.0.0.1:1\r\nX-Odd:  two  spaces \r\nExpect: 100-continue\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
    )
    assert message is not None
    written = io.BytesIO()
    wire.write(written, message)

    assert back == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert written.getvalue() == (
        b"PUT /b/k HTTP/1.1\r\nHost: 127.0.0.1:1\r\nX-Odd: two  spaces\r\nContent-Length: 5\r\n\r\nabcde"
    )


def test_an_answer_to_head_keeps_its_length_and_has_no_body():
    message = wire.read_answer(io.BytesIO(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: e\r\n\r\n"), "HEAD")
    written = io.BytesIO()
    wire.write(written, message, head_only_length=message.header("content-length"))

    assert written.getvalue() == b"HTTP/1.1 200 OK\r\nETag: e\r\nContent-Length: 7\r\n\r\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"nonsense\r\n\r\n", "not the first line of a message: 'nonsense'"),
        (b"GET / HTTP/1.1\r\nHost: x", "a line is cut or too long"),
        (b"GET / HTTP/1.1\r\n", "the connection ended inside a head"),
        (b"PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", "the connection ended inside a body"),
    ],
)
def test_what_is_cut_or_no_http_is_said(text: bytes, problem: str):
    with pytest.raises(wire.WireError) as error:
        read(text)

    assert str(error.value) == problem


def test_the_end_of_a_connection_is_no_request():
    assert read(b"") == (None, b"")

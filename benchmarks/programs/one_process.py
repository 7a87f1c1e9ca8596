"""A role's client and one request with it, again and again in one Python process, as a worker's tasks would."""

import json
import sys
import time

import boto3

import spark_xacct as xacct

SIDE, QUEUE, ROLE, ROUNDS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def by_hand():
    keys = boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="by-hand")["Credentials"]
    return boto3.client(
        "sqs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def from_xacct():
    return xacct.client("sqs", role="reader")


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def send(client):
    client.send_message(QueueUrl=QUEUE, MessageBody="x")


make = {"by-hand": by_hand, "xacct": from_xacct}[SIDE]
first = timed(lambda: send(make()))
later = [timed(lambda: send(make())) for _ in range(ROUNDS)]
told = {"boto3": boto3.__version__, "first": first, "later": later}
if SIDE == "xacct":
    calls, client = 2000, make()
    told["kept"] = [timed(lambda: send(client)) for _ in range(ROUNDS)]
    told["client"] = timed(lambda: [make() for _ in range(calls)]) / calls
print("RESULT " + json.dumps(told))

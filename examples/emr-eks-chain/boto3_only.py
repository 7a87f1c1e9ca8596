"""Lists account B's bucket and tells account B's queue of each object: plain boto3, no Spark, nothing that knows of roles."""

import json
import sys

import boto3

BUCKET, PREFIX, QUEUE, REGION = sys.argv[1:5]

s3 = boto3.client("s3", region_name=REGION)
queue = boto3.client("sqs", region_name=REGION)
sent = 0
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX):
    for found in page.get("Contents", ()):
        queue.send_message(QueueUrl=QUEUE, MessageBody=json.dumps({"bucket": BUCKET, "key": found["Key"]}))
        sent += 1
print(f"sent={sent} as={boto3.client('sts', region_name=REGION).get_caller_identity()['Arn']}")

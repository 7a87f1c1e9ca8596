"""What a worker under python.default_role does with a library as its own documentation says: python plain_reads.py LIBRARY BUCKET...

Knows nothing of spark-xacct: the role is in the environment. Prints what it read from each bucket, or "refused".
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
KEY = "in/a.txt"
ADDRESS = os.environ["AWS_ENDPOINT_URL"]
REFUSALS = ("denied", "forbidden", "privileges", "not authorized", "403", "404")


def options_of(library: str) -> object:
    """What the library must be told of an S3 that is not AWS's own."""
    if library == "boto3":
        import boto3

        return boto3.Session()
    if library == "pyarrow":
        import pyarrow.fs

        class Uris(pyarrow.fs.S3FileSystem):
            def open_input_file(self, uri: str):
                return super().open_input_file(uri.partition("://")[2])

        return Uris(endpoint_override=ADDRESS.partition("://")[2], scheme="http")
    if library == "duckdb":
        host = ADDRESS.partition("://")[2]
        return f"CREATE SECRET (TYPE s3, PROVIDER credential_chain, ENDPOINT '{host}', URL_STYLE 'path', USE_SSL false)"
    if library == "polars":
        return {"storage_options": {"aws_endpoint_url": ADDRESS, "aws_allow_http": "true"}}
    if library == "obstore":
        return {"endpoint": ADDRESS, "client_options": {"allow_http": True}}
    if library == "deltalake":
        return {"aws_endpoint_url": ADDRESS, "aws_allow_http": "true"}
    return {}


def main(library: str, buckets: list[str]) -> None:
    from reading import READERS

    for bucket in buckets:
        try:
            print(READERS[library](options_of(library), bucket, KEY), end="")
        except Exception as error:  # noqa: BLE001 - each library has errors of its own
            text = f"{type(error).__name__}: {error}"
            print("refused" if any(word in text.lower() for word in REFUSALS) else text)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

"""Reads one object in some threads until standard input ends, then prints how often, and a line for each failure.

Arguments: URI, threads, milliseconds between reads.
"""

from __future__ import annotations

import sys
import threading

import spark_xacct
from spark_xacct.model import Location


def main(uri: str, threads: str, pause: str) -> None:
    location = Location.parse(uri)
    client = spark_xacct.client("s3", uri=uri)
    ended = threading.Event()
    reads, failures = [], []

    def read() -> None:
        while not ended.wait(int(pause) / 1000):
            try:
                client.get_object(Bucket=location.bucket, Key=location.key)["Body"].read()
                reads.append(1)
            except Exception as failure:  # noqa: BLE001
                failures.append(repr(failure))

    running = [threading.Thread(target=read) for _ in range(int(threads))]
    for thread in running:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in running:
        thread.join()
    print(len(reads), *failures, sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

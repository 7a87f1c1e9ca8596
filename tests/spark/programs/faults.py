"""One broken thing after the other in a running application: what goes on, and what a user reads of what does not."""

import os
import signal
import sys
import time

import boto3
from pyspark.sql import SparkSession
from telling import attempt, pause, result

import spark_xacct as xacct

DECLARATION, FAULT = sys.argv[1:3]
spark = xacct.start(SparkSession.builder.appName(FAULT), DECLARATION)
sc = spark.sparkContext


def read():
    return spark.read.json("s3a://partner-data/events/").count()


def plain(_):
    import boto3

    # boto3.client() would go on with the session that this worker already has.
    return boto3.Session().client("sts").get_caller_identity()["Arn"]


def named(_):
    return xacct.client("sts", role="partner").get_caller_identity()["Arn"]


def in_workers(function, tasks=2):
    return sorted(set(sc.parallelize(range(tasks), tasks).map(function).collect()))


def kill_an_executor(_):
    """SIGKILL for the JVM above this worker: a worker's parent is the daemon, whose parent is the JVM."""
    with open(f"/proc/{os.getppid()}/status") as status:
        jvm = next(int(line.split()[1]) for line in status if line.startswith("PPid:"))
    os.kill(jvm, signal.SIGKILL)
    time.sleep(60)


def executor_killed():
    try:
        sc.parallelize([0], 1).foreach(kill_an_executor)
    except Exception as error:
        result(killed=str(error).splitlines()[0])
    result(
        after={
            "jvm": attempt(read),
            "plain": attempt(lambda: in_workers(plain)),
            "named": attempt(lambda: in_workers(named)),
        }
    )


def token_file_removed():
    folder = sc.parallelize([0], 1).map(lambda _: os.environ["SPARK_XACCT_ENDPOINT"]).first()
    result(before=in_workers(plain))
    os.remove(os.path.join(folder, "partner.token"))
    result(after={"jvm": attempt(read), "plain": attempt(lambda: in_workers(plain))})


def hook_refused():
    result(after={"jvm": attempt(read), "plain": attempt(lambda: in_workers(plain))})


def slow_sts():
    begun = time.monotonic()
    result(after={"plain": attempt(lambda: in_workers(plain)), "jvm": attempt(read)}, seconds=time.monotonic() - begun)


def denied_on_refresh():
    result(before=read())
    pause()  # from here on the role may not be assumed
    end = time.monotonic() + 4
    rounds = 0
    while time.monotonic() < end:
        assert read() == 100
        rounds += 1
    result(rounds=rounds)
    # A session that was renewed just before the denial lives for 16 s from then on.
    time.sleep(16)
    result(
        after={"jvm": attempt(read), "plain": attempt(lambda: in_workers(plain)), "driver": attempt(lambda: plain(0))}
    )


def role_made_anew():
    result(before=read())
    pause()  # from here on the keys are dead, though their time is not over
    outcome = attempt(read)
    end = time.monotonic() + 20
    while "error" in outcome and time.monotonic() < end:
        time.sleep(1)
        outcome = attempt(read)
    result(after={"jvm": outcome})


result(application=sc.applicationId, boto3=boto3.__version__)
globals()[FAULT]()
spark.stop()

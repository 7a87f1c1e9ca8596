"""Libraries that take the options of others: pandas, awswrangler, smart_open."""

from __future__ import annotations

import awswrangler
import pandas
import pytest
import smart_open
from conftest import Cluster

URI = "s3://third-out/in/a.txt"


def pandas_with_s3fs(sessions):
    return pandas.read_csv(URI, header=None, storage_options=sessions.storage_options(URI, "s3fs")).iloc[0, 0]


def pandas_with_pyarrow(sessions):
    files = sessions.storage_options(URI, "pyarrow")
    pandas.DataFrame({"bucket": ["third-out"]}).to_parquet("third-out/pandas.parquet", filesystem=files)
    return pandas.read_parquet("s3://third-out/pandas.parquet", filesystem=files).iloc[0, 0]


def awswrangler_with_boto3(sessions):
    frame = awswrangler.s3.read_csv(URI, header=None, boto3_session=sessions.storage_options(URI, "boto3"))
    return frame.iloc[0, 0]


def smart_open_with_boto3(sessions):
    client = sessions.client("s3", uri=URI)
    with smart_open.open(URI, transport_params={"client": client}) as file:
        return file.read().strip()


@pytest.mark.parametrize(
    "rider", [pandas_with_s3fs, pandas_with_pyarrow, awswrangler_with_boto3, smart_open_with_boto3]
)
def test_it_reads_under_the_role_of_the_location(rider, cluster: Cluster, lab):
    assert rider(cluster.beside_jvm(rider.__name__)) == "third-out"
    assert lab.callers("s3://third-out/") == {"writer"}

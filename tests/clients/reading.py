"""How a user reads one object with each library, given what ``storage_options`` returned."""

from __future__ import annotations

import glob
from collections.abc import Callable
from typing import Any

import deltalake
import duckdb
import duckdb_ext
import obstore.store
import polars
import pyarrow
import s3fs

# A table of one row, which deltalake reads, stands under each of these in the lab.
TABLE = "table"


def boto3(options: Any, bucket: str, key: str) -> str:
    return options.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def s3fs_(options: Any, bucket: str, key: str) -> str:
    return s3fs.S3FileSystem(**options).cat_file(f"s3://{bucket}/{key}").decode()


def pyarrow_(options: Any, bucket: str, key: str) -> str:
    with options.open_input_file(f"s3://{bucket}/{key}") as file:
        return file.read().decode()


def polars_(options: Any, bucket: str, key: str) -> str:
    return _text(polars.scan_csv(f"s3a://{bucket}/{key}", has_header=False, **options).collect().rows())


def obstore_(options: Any, bucket: str, key: str) -> str:
    store = obstore.store.S3Store(bucket, **options)
    return bytes(store.get(key).bytes()).decode()


def duckdb_(options: Any, bucket: str, key: str) -> str:
    with connection() as opened:
        opened.execute(options)
        return read_with(opened, bucket, key)


def deltalake_(options: Any, bucket: str, key: str) -> str:
    table = deltalake.DeltaTable(f"s3://{bucket}/{TABLE}", storage_options=options)
    return _text(table.to_pyarrow_table().to_pylist())


READERS: dict[str, Callable[[Any, str, str], str]] = {
    "boto3": boto3,
    "deltalake": deltalake_,
    "duckdb": duckdb_,
    "obstore": obstore_,
    "polars": polars_,
    "pyarrow": pyarrow_,
    "s3fs": s3fs_,
}


def connection() -> Any:
    """A DuckDB with the extensions that a package of the registry brings: its own registry is not reached everywhere."""
    (folder,) = duckdb_ext.__path__
    opened = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    for name in ("httpfs", "aws"):
        (file,) = glob.glob(f"{folder}/extensions/v{duckdb.__version__}/*/{name}.duckdb_extension")
        opened.execute(f"LOAD '{file}'")
    return opened


def read_with(opened: Any, bucket: str, key: str) -> str:
    """Reads with a DuckDB connection that has its secrets."""
    return _text(opened.execute(f"SELECT * FROM read_csv('s3://{bucket}/{key}', header = false)").fetchall())


def write_table(uri: str, text: str, options: Any) -> None:
    """The table that deltalake reads."""
    deltalake.write_deltalake(f"{uri}{TABLE}", pyarrow.table({"text": [text]}), storage_options=options)


def _text(rows: Any) -> str:
    """The one value in a library's rows, with the line's end that the file has."""
    ((row,),) = ([tuple(row.values()) if isinstance(row, dict) else row for row in rows],)
    return f"{row[0]}\n"

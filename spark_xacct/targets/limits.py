"""What places can hold: the number, its source, and the way out when it is passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spark_xacct.errors import TargetError

# Linux: include/uapi/linux/binfmts.h, MAX_ARG_STRLEN is 32 pages; the closing zero byte counts.
ARGUMENT_MAXIMUM_BYTES = 131_072 - 1
# Linux: a quarter of the stack limit (8 MiB by default) for all arguments and the environment; execve(2), ARG_MAX.
COMMAND_MAXIMUM_BYTES = 2_097_152
# What the environment of a process and spark-submit's own java command (class path, options) may take of it.
COMMAND_RESERVE_BYTES = 262_144
# https://kubernetes.io/docs/concepts/configuration/configmap/
CONFIG_MAP_MAXIMUM_BYTES = 1_048_576
# A pointer for each string counts as well.
POINTER_BYTES = 8

_WAY_OUT = (
    "take `render spark-defaults` and give the file to spark-submit as --properties-file, or narrow it with --use"
)


def check_command(target: str, arguments: Sequence[str]) -> None:
    """Raises TargetError when Linux would refuse to start a command with these arguments."""
    total = 0
    for argument in arguments:
        size = len(argument.encode("utf-8"))
        if size > ARGUMENT_MAXIMUM_BYTES:
            name = argument.split("=", 1)[0][:80]
            raise TargetError(
                f"{target}: the argument {name} has {size:,} bytes, Linux takes {ARGUMENT_MAXIMUM_BYTES:,} in one; {_WAY_OUT}"
            )
        total += size + 1 + POINTER_BYTES
    allowed = COMMAND_MAXIMUM_BYTES - COMMAND_RESERVE_BYTES
    if total > allowed:
        raise TargetError(
            f"{target}: the arguments have {total:,} bytes; Linux takes {COMMAND_MAXIMUM_BYTES:,} for arguments and "
            f"environment, of which {allowed:,} are left for these; {_WAY_OUT}"
        )


def check_config_map(target: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Raises TargetError when Kubernetes would refuse the ConfigMap that Spark makes of its settings in cluster mode."""
    size = sum(len(f"{name}={value}\n".encode()) for name, value in pairs)
    if size > CONFIG_MAP_MAXIMUM_BYTES:
        raise TargetError(
            f"{target}: the settings have {size:,} bytes, and {CONFIG_MAP_MAXIMUM_BYTES:,} is the limit of a ConfigMap; declare otherwise: "
            "deny, which needs one key for all buckets, or take a declaration with the buckets of this job only"
        )


def as_configuration_arguments(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """``--conf`` and ``key=value``, one after the other."""
    return [part for name, value in pairs for part in ("--conf", f"{name}={value}")]

"""How a command of spark-submit is read: as Spark reads it."""

from __future__ import annotations

import pytest

from spark_xacct.targets import submit_command

MODES = {
    "nothing is said": ("job.py", "client"),
    "the option": ("--deploy-mode cluster job.py", "cluster"),
    "the option with =": ("--deploy-mode=cluster job.py", "cluster"),
    "the last option": ("--deploy-mode cluster --deploy-mode client job.py", "client"),
    "the last option, with =": ("--deploy-mode client --deploy-mode=cluster job.py", "cluster"),
    "a setting": ("--conf spark.submit.deployMode=cluster job.py", "cluster"),
    "a setting, in short": ("-c spark.submit.deployMode=cluster job.py", "cluster"),
    "a setting with =": ("--conf=spark.submit.deployMode=cluster job.py", "cluster"),
    "a short option with =, which Spark does not know": ("-c=spark.submit.deployMode=cluster job.py", "client"),
    "the last setting": ("-c spark.submit.deployMode=cluster -c spark.submit.deployMode=client job.py", "client"),
    "the option wins over a later setting": ("--deploy-mode cluster --conf spark.submit.deployMode=client job.py", "cluster"),
    "the option wins over an earlier setting": ("--conf spark.submit.deployMode=cluster --deploy-mode client job.py", "client"),
    "the program's own argument": ("--deploy-mode cluster job.py --deploy-mode client", "cluster"),
    "after a switch": ("--verbose --supervise --deploy-mode cluster job.py", "cluster"),
    "the value of another option": ("--name --deploy-mode cluster job.py", "client"),
}  # fmt: skip


@pytest.mark.parametrize("case", MODES)
def test_the_deploy_mode_of_a_command(case: str) -> None:
    command, expected = MODES[case]
    assert submit_command.deploy_mode(command.split()) == expected


PROGRAMS = {
    "--name x --conf a=b job.py 1 2": "job.py",
    "--jars=a.jar -v s3://own/job.py": "s3://own/job.py",
    "--name x": None,
    "--name": None,
}


@pytest.mark.parametrize("command", PROGRAMS)
def test_the_program_of_a_command(command: str) -> None:
    assert submit_command.taken_apart(command.split())[1] == PROGRAMS[command]

"""``iam plan``: what each account's owner must apply, for people, for programs and as files, and what it leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from declaration_texts import HUB, READER, hub_and_partner, role, written

from spark_xacct.cli.application import cli

ETL = "arn:aws:iam::111122223333:role/etl"
BASE = f'{{kind: irsa, arn: "{ETL}"}}'
DOCUMENTS = '{oidc_provider: "https://oidc.eks/id/X", namespace: jobs, service_account: etl}'
SMALL = written(
    base=BASE,
    roles=role("external_id: {env: PARTNER_ID}"),
    buckets='{partner-data: {role: partner, owner: "777788889999"}}',
    documents=DOCUMENTS,
)

REPLACED = (
    "note: AWS replaces a trust policy and a bucket policy as a whole: add these statements to the policy that is there, and keep "
    "those of others"
)
NO_DECLARATION_KNOWS = (
    "note: no declaration knows policies of KMS keys and VPC endpoints, Deny statements of buckets, service control policies and "
    "permissions boundaries, which must let the same through; a bucket without owner: is taken for one of its role's account"
)
UNRESOLVED = (
    "external ids to be filled in: role partner (environment variable PARTNER_ID); set them here, or write them into the documents, "
    "which let nobody in until then"
)

TEXT = """\
==> account 111122223333 <==

arn:aws:iam::111122223333:role/etl, the base identity: trust policy and permissions

trust policy (role-etl-trust.json):
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "XacctServiceAccount",
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks/id/X"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks/id/X:aud": "sts.amazonaws.com",
          "oidc.eks/id/X:sub": "system:serviceaccount:jobs:etl"
        }
      }
    }
  ]
}
  XacctServiceAccount: pods under system:serviceaccount:jobs:etl are the base identity

permissions (role-etl-permissions.json):
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "XacctAssumeRoles",
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Resource": "arn:aws:iam::444455556666:role/reader"
    }
  ]
}
  XacctAssumeRoles: the next hop of its chains: partner

==> account 444455556666 <==

arn:aws:iam::444455556666:role/reader, role partner: trust policy and permissions

trust policy (role-reader-trust.json):
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "XacctAssumePartner",
      "Effect": "Allow",
      "Principal": {
        "AWS": "arn:aws:iam::111122223333:role/etl"
      },
      "Action": "sts:AssumeRole",
      "Condition": {
        "StringEquals": {
          "sts:ExternalId": "<the value of environment variable PARTNER_ID>"
        }
      }
    }
  ]
}
  XacctAssumePartner: the base identity assumes role partner

permissions (role-reader-permissions.json):
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "XacctUse1",
      "Effect": "Allow",
      "Action": [
        "s3:GetBucketLocation",
        "s3:ListBucket"
      ],
      "Resource": "arn:aws:s3:::partner-data",
      "Condition": {
        "StringEquals": {
          "aws:ResourceAccount": "777788889999"
        }
      }
    },
    {
      "Sid": "XacctUse2",
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::partner-data/*",
      "Condition": {
        "StringEquals": {
          "aws:ResourceAccount": "777788889999"
        }
      }
    }
  ]
}
  XacctUse1: role partner uses partner-data (read)
  XacctUse2: role partner uses partner-data (read)

==> account 777788889999 <==

bucket partner-data: statements to be added to its policy

statements (bucket-partner-data-policy-statements.json):
[
  {
    "Sid": "XacctUse1",
    "Effect": "Allow",
    "Principal": {
      "AWS": "arn:aws:iam::444455556666:role/reader"
    },
    "Action": [
      "s3:GetBucketLocation",
      "s3:ListBucket"
    ],
    "Resource": "arn:aws:s3:::partner-data"
  },
  {
    "Sid": "XacctUse2",
    "Effect": "Allow",
    "Principal": {
      "AWS": "arn:aws:iam::444455556666:role/reader"
    },
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::partner-data/*"
  }
]
  XacctUse1: role partner uses partner-data (read)
  XacctUse2: role partner uses partner-data (read)
"""
OF_BASE, OF_ROLE, OF_BUCKET = (f"==> account{part}".rstrip("\n") + "\n" for part in TEXT.split("==> account")[1:])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the small declaration, and nothing in the environment that it or the tool would read."""
    for name in ("SPARK_XACCT_CONFIG", "SPARK_XACCT_ENV", "SPARK_XACCT_FORMAT", "PARTNER_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xacct.yaml").write_text(SMALL, encoding="utf-8")
    return tmp_path


def plan(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["iam", "plan", *arguments], env=environment, prog_name="spark-xacct")


@pytest.mark.parametrize(
    ("arguments", "stdout", "stderr"),
    [
        pytest.param((), TEXT, [UNRESOLVED, REPLACED, NO_DECLARATION_KNOWS], id="all accounts, the base's first"),
        pytest.param(
            ("--account", "111122223333"), OF_BASE, [REPLACED, NO_DECLARATION_KNOWS], id="the base's account alone"
        ),
        pytest.param(
            ("--account", "444455556666"),
            OF_ROLE,
            [UNRESOLVED, REPLACED, NO_DECLARATION_KNOWS],
            id="the role's account, with its external id",
        ),
        pytest.param(
            ("--account", "777788889999"), OF_BUCKET, [REPLACED, NO_DECLARATION_KNOWS], id="the bucket's account alone"
        ),
    ],
)
def test_documents_and_reasons_go_to_stdout_and_the_rest_to_stderr(
    arguments: tuple[str, ...], stdout: str, stderr: list[str]
) -> None:
    result = plan(*arguments)

    assert (result.exit_code, result.stdout, result.stderr.splitlines()) == (0, stdout, stderr)


def documents_in(text: str) -> list[Any]:
    """The JSON documents of a text, which begin and end at its left edge."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if line in ("{", "["):
            found.append([])
        if line[:1] in ("{", "[", "]", "}") or (line.startswith("  ") and not line.startswith("  Xacct")):
            found[-1].append(line)
    return [json.loads("\n".join(lines)) for lines in found]


def test_programs_get_the_same_documents_reasons_and_notes() -> None:
    result = plan("--format", "json")
    answer = json.loads(result.stdout)
    of_base_trust, of_base, trust, permissions, statements = documents_in(TEXT)
    plan_id = json.loads(CliRunner().invoke(cli, ["check", "--format", "json"]).stdout)["plan"]

    assert result.stderr.splitlines() == [UNRESOLVED, REPLACED, NO_DECLARATION_KNOWS]
    assert answer == {
        "file": "xacct.yaml",
        "environment": None,
        "plan": plan_id,
        "accounts": [
            {
                "account": "111122223333",
                "principals": [
                    {
                        "arn": ETL,
                        "names": ["base"],
                        "trust": of_base_trust,
                        "permissions": of_base,
                        "reasons": {
                            "XacctServiceAccount": "pods under system:serviceaccount:jobs:etl are the base identity",
                            "XacctAssumeRoles": "the next hop of its chains: partner",
                        },
                    }
                ],
                "buckets": [],
            },
            {
                "account": "444455556666",
                "principals": [
                    {
                        "arn": READER,
                        "names": ["partner"],
                        "trust": trust,
                        "permissions": permissions,
                        "reasons": {
                            "XacctAssumePartner": "the base identity assumes role partner",
                            "XacctUse1": "role partner uses partner-data (read)",
                            "XacctUse2": "role partner uses partner-data (read)",
                        },
                    }
                ],
                "buckets": [],
            },
            {
                "account": "777788889999",
                "principals": [],
                "buckets": [
                    {
                        "bucket": "partner-data",
                        "statements": statements,
                        "reasons": {
                            "XacctUse1": "role partner uses partner-data (read)",
                            "XacctUse2": "role partner uses partner-data (read)",
                        },
                    }
                ],
            },
        ],
        "unresolved_external_ids": {"partner": "environment variable PARTNER_ID"},
        "notes": [line.removeprefix("note: ") for line in (REPLACED, NO_DECLARATION_KNOWS)],
    }


FILES = [
    "111122223333/role-etl-trust.json",
    "111122223333/role-etl-permissions.json",
    "444455556666/role-reader-trust.json",
    "444455556666/role-reader-permissions.json",
    "777788889999/bucket-partner-data-policy-statements.json",
]


def written_into(folder: Path) -> dict[str, Any]:
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.json")
    }


@pytest.mark.parametrize(
    ("account", "files"),
    [
        pytest.param((), FILES, id="every account"),
        pytest.param(("--account", "444455556666"), FILES[2:4], id="one account"),
    ],
)
def test_each_document_is_a_file_in_the_folder_of_its_account(
    account: tuple[str, ...], files: list[str], folder: Path
) -> None:
    result = plan("--to", "out/iam", *account)

    every = dict(zip(FILES, documents_in(TEXT), strict=True))
    assert (result.exit_code, result.stdout) == (0, "")
    assert [line for line in result.stderr.splitlines() if line.startswith("wrote ")] == [
        f"wrote out/iam/{name}" for name in files
    ]
    assert REPLACED in result.stderr.splitlines()
    assert written_into(folder / "out" / "iam") == {name: every[name] for name in files}


def test_a_file_that_says_something_else_is_named_and_kept_until_overwrite_is_said(folder: Path) -> None:
    plan("--to", "out")
    changed = folder / "out" / FILES[2]
    changed.write_text("{}\n", encoding="utf-8")
    (folder / "out" / FILES[0]).unlink()

    refused = plan("--to", "out")
    kept = written_into(folder / "out")
    said = plan("--to", "out", "--overwrite")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.splitlines()[-1] == (
        f"Error: --to out: {FILES[2]} is there with another content; compare the two, then say --overwrite"
    )
    assert (sorted(kept), kept[FILES[2]]) == (sorted(FILES[1:]), {})
    assert (said.exit_code, list(written_into(folder / "out").values()).count({})) == (0, 0)


def test_what_is_for_a_bucket_is_no_policy_that_could_take_the_place_of_its_own(folder: Path) -> None:
    plan("--to", "out")

    assert isinstance(written_into(folder / "out")[FILES[4]], list)


@pytest.mark.parametrize(
    ("external_id", "environment", "value", "unresolved"),
    [
        pytest.param("literal-1", {}, "literal-1", None, id="a literal"),
        pytest.param("{env: PARTNER_ID}", {"PARTNER_ID": "id-7"}, "id-7", None, id="a variable that is set"),
        pytest.param(
            "{env: PARTNER_ID}", {"PARTNER_ID": " id-7\n"}, "id-7", None, id="blanks around it, as where STS is called"
        ),
        pytest.param(
            "{env: PARTNER_ID}",
            {"PARTNER_ID": ""},
            "<the value of environment variable PARTNER_ID>",
            "environment variable PARTNER_ID",
            id="an empty variable",
        ),
        pytest.param("{{file: {folder}/id}}", {}, "id-8", None, id="a file that is here"),
        pytest.param(
            "{file: /no/such/id}",
            {},
            "<the value of file /no/such/id>",
            "file /no/such/id",
            id="a file that is not here",
        ),
    ],
)
def test_external_ids_are_filled_in_where_they_resolve(
    external_id: str, environment: dict[str, str], value: str, unresolved: str | None, folder: Path
) -> None:
    (folder / "id").write_text("id-8\n", encoding="utf-8")
    text = external_id.format(folder=folder) if "{folder}" in external_id else external_id
    (folder / "xacct.yaml").write_text(written(base=BASE, roles=role(f"external_id: {text}")), encoding="utf-8")

    result = plan("--format", "json", **environment)
    answer = json.loads(result.stdout)

    trust = answer["accounts"][1]["principals"][0]["trust"]["Statement"][0]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": value}}
    assert answer["unresolved_external_ids"] == ({} if unresolved is None else {"partner": unresolved})
    assert ("external ids to be filled in" in result.stderr) is (unresolved is not None)


SAME_NAME = '{partner: {arn: "arn:aws:iam::444455556666:role/a/reader"}, other: {arn: "arn:aws:iam::444455556666:role/b/Reader"}}'


@pytest.mark.parametrize(
    ("text", "arguments", "environment", "exit_code", "says"),
    [
        pytest.param(
            SMALL,
            ("--account", "123"),
            {},
            2,
            'Error: --account: nothing is to be applied in account "123"; there are 111122223333, 444455556666, 777788889999',
            id="an account that the declaration does not touch",
        ),
        pytest.param(
            SMALL,
            (),
            {"PARTNER_ID": "no blanks"},
            2,
            "Error: role partner: environment variable PARTNER_ID: the external id does not fit STS: 2 to 1224 letters, digits and "
            "_+=,.@:/-; correct it, or take it away",
            id="a variable that holds no external id",
        ),
        pytest.param(
            SMALL, ("--to", "xacct.yaml/x"), {}, 2, "Error: --to xacct.yaml/x: Not a directory: xacct.yaml/x", id="no folder"
        ),
        pytest.param(
            written(),
            (),
            {},
            3,
            "xacct.yaml: IAM documents need to know who the base identity is; write base: {kind: ..., arn: ...}",
            id="no base.arn",
        ),
        pytest.param(
            written(base=BASE, documents='{oidc_provider: "a b", namespace: jobs}'),
            (),
            {},
            3,
            'xacct.yaml: "a b" is not an OIDC provider; write its URL or ARN',
            id="no OIDC provider",
        ),
        pytest.param(
            written(base=BASE, roles=SAME_NAME),
            (),
            {},
            3,
            "xacct.yaml: arn:aws:iam::444455556666:role/a/reader and arn:aws:iam::444455556666:role/b/Reader cannot both be: names of "
            "one account differ in more than path and case; correct one of them",
            id="two roles that IAM takes for one",
        ),
        pytest.param(
            "z1:plan", (), {}, 3, "the plan text is cut or damaged (7 characters arrived); copy it again in full", id="a damaged plan"
        ),
    ],
)  # fmt: skip
def test_what_no_documents_can_be_made_of_is_refused_in_one_line(
    text: str, arguments: tuple[str, ...], environment: dict[str, str], exit_code: int, says: str, folder: Path
) -> None:
    (folder / "xacct.yaml").write_text(text, encoding="utf-8")

    result = plan(*arguments, **environment)

    assert (result.exit_code, result.stdout) == (exit_code, "")
    told = result.stderr.splitlines()
    assert [line for line in told if not line.startswith(("Usage: ", "Try ")) and line] == [says]


def test_a_plan_is_refused_because_it_has_lost_what_documents_need(folder: Path) -> None:
    text = CliRunner().invoke(cli, ["render", "plan"]).stdout
    (folder / "xacct.plan").write_text(text, encoding="utf-8")

    result = plan("--config", "xacct.plan")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        "xacct.plan is a plan, which carries neither grants nor documents:; name the declaration that it was made of\n"
    )


KEY, ALIAS = "arn:aws:kms:eu-west-1:777788889999:key/k", "arn:aws:kms:eu-west-1:444455556666:alias/a"
OWN_KEY = KEY.replace("777788889999", "444455556666")
POINT = "arn:aws:s3:eu-west-1:444455556666:accesspoint/point"
QUEUE = "arn:aws:sqs:eu-west-1:777788889999:events"
USER = "arn:aws:iam::111122223333:user/etl"


@pytest.mark.parametrize(
    ("sections", "notes"),
    [
        pytest.param({}, [], id="nothing more"),
        pytest.param(
            {"documents": "{}"},
            [
                f"the trust policy of {ETL} is not written: declare documents: {{oidc_provider: ..., namespace: ..., "
                "service_account: ...}, and it is"
            ],
            id="irsa without its provider",
        ),
        pytest.param({"base": f'{{kind: pod-identity, arn: "{ETL}"}}'}, [], id="pod identity"),
        pytest.param(
            {"base": f'{{kind: emr-runtime-role, arn: "{ETL}"}}'},
            [
                f"the trust policy of {ETL} is that of EMR Serverless; on EMR on EC2 it names the role of the instance profile "
                "instead, with sts:AssumeRole and sts:TagSession, which that role must be allowed too; in Glue it names "
                "glue.amazonaws.com"
            ],
            id="a runtime role, of a place that is not declared",
        ),
        pytest.param(
            {"base": f'{{kind: env, arn: "{ETL}"}}'},
            [f"the trust policy of {ETL} is not written: base env does not tell who gives the role out"],
            id="a role in the environment",
        ),
        pytest.param({"base": f'{{kind: env, arn: "{USER}"}}'}, [], id="a user, who has no trust policy"),
        pytest.param(
            {"base": f'{{kind: env, arn: "{USER}"}}', "roles": role("duration: 4h")},
            [f"role partner is assumed for 14400 s: MaxSessionDuration of {READER} must allow that"],
            id="more than the hour that roles allow by default",
        ),
        pytest.param(
            {"documents": DOCUMENTS.replace("}", ", execution_roles: [one, two]}")},
            [
                "documents.execution_roles (one, two) get no documents, base.arn does; declare an environment for each, with its own "
                "base"
            ],
            id="more execution roles than base.arn",
        ),
        pytest.param(
            {"own": "[logs, code]"},
            [f"own (code, logs): what {ETL} may do there already is left as it is"],
            id="the platform's buckets",
        ),
        pytest.param(
            {"roles": hub_and_partner().replace(HUB, ETL)},
            [
                "role hub is the base identity itself: neither its trust in itself nor what it needs for its buckets is written; drop "
                "the role and bind its buckets to base"
            ],
            id="a role that is the base identity",
        ),
        pytest.param(
            {"roles": role(f'grants: [{{arn: "{QUEUE}"}}]')},
            [f"{QUEUE} is not of the account of role partner: its own policy must let {READER} in"],
            id="a queue of a third account",
        ),
        pytest.param({"roles": role(f'grants: [{{arn: "{QUEUE.replace("777788889999", "444455556666")}"}}]')}, [], id="a queue of its own"),
        pytest.param(
            {"buckets": "{partner-data: partner, scratch: base}"},
            [
                "bucket scratch is bound to base and has no owner: where it is of another account than 111122223333, declare owner: "
                "and its bucket policy is written"
            ],
            id="a bucket of the base identity",
        ),
        pytest.param(
            {"buckets": '{"data-*": {role: partner, owner: "777788889999"}}', "otherwise": "deny"},
            [f"data-* is a pattern, and a bucket policy belongs to one bucket: each one there must let {READER} in"],
            id="a pattern of a third account",
        ),
        pytest.param({"buckets": '{"data-*": partner}', "otherwise": "deny"}, [], id="a pattern of the role's account"),
        pytest.param(
            {"buckets": f'{{partner-data: {{role: partner, s3: {{access_point: "{POINT}"}}}}}}'},
            [
                f"bucket partner-data is reached by {POINT}: add it to the resources in the permissions of {READER}, and let it in by "
                "the access point's own policy"
            ],
            id="an access point",
        ),
        pytest.param(
            {"buckets": f'{{partner-data: {{role: partner, kms: {{read: ["{KEY}", "{ALIAS}"]}}}}}}'},
            [
                f"{ALIAS} is an alias, by which no policy allows the use of a key: declare the key",
                f"{KEY} is not of the account of {READER}: its key policy must name it",
            ],
            id="a key of a third account, and an alias",
        ),
        pytest.param(
            {"buckets": f'{{partner-data: {{role: partner, kms: {{write: "{KEY}"}}}}}}'}, [], id="a key that nobody writes with"
        ),
        pytest.param(
            {"buckets": f'{{partner-data: {{role: partner, kms: {{read: ["{OWN_KEY}"]}}}}}}'}, [], id="a key of the role's account"
        ),
        pytest.param(
            {"buckets": f'{{one-data: {{role: partner, kms: {{read: ["{KEY}"]}}}}, two-data: {{role: partner, kms: {{read: ["{KEY}"]}}}}}}'},
            [f"{KEY} is not of the account of {READER}: its key policy must name it"],
            id="one key of two buckets, once",
        ),
    ],
)  # fmt: skip
def test_what_the_documents_leave_out_is_said(sections: dict[str, str], notes: list[str], folder: Path) -> None:
    text = written(**{"base": BASE, "documents": DOCUMENTS, **sections})
    (folder / "xacct.yaml").write_text(text, encoding="utf-8")

    result = plan()

    assert result.exit_code == 0
    assert result.stderr.splitlines() == [REPLACED, NO_DECLARATION_KNOWS, *(f"note: {note}" for note in notes)]


@pytest.mark.parametrize(
    ("account", "count"), [("111122223333", 1), ("444455556666", 0)], ids=["whose it is", "somebody else's"]
)
def test_a_note_is_for_the_account_whose_owner_must_look(account: str, count: int, folder: Path) -> None:
    (folder / "xacct.yaml").write_text(written(base=BASE), encoding="utf-8")

    lines = plan("--account", account).stderr.splitlines()

    assert lines[:2] == [REPLACED, NO_DECLARATION_KNOWS]
    assert len(lines[2:]) == count


def test_a_user_has_permissions_and_no_trust_policy(folder: Path) -> None:
    (folder / "xacct.yaml").write_text(written(base=f'{{kind: env, arn: "{USER}"}}'), encoding="utf-8")

    shown = plan("--account", "111122223333").stdout.splitlines()
    plan("--account", "111122223333", "--to", "out")

    assert shown[2:5] == [f"{USER}, the base identity: permissions", "", "permissions (user-etl-permissions.json):"]
    assert list(written_into(folder / "out")) == ["111122223333/user-etl-permissions.json"]


def test_a_base_identity_that_needs_nothing_says_so(folder: Path) -> None:
    (folder / "xacct.yaml").write_text(
        written(base=f'{{kind: env, arn: "{USER}"}}', roles=None, buckets=None), encoding="utf-8"
    )

    assert plan().stdout == f"==> account 111122223333 <==\n\n{USER}, the base identity: nothing to apply\n"

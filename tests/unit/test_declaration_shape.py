"""Keys, types and the YAML itself: what may stand where."""

from __future__ import annotations

import pytest
from declaration_texts import READER, case, role, written
from ruamel.yaml import YAML

from spark_xacct import declaration
from spark_xacct.declaration import source
from spark_xacct.errors import DeclarationError
from spark_xacct.version import __version__

WRONG_SHAPES = [
    case("no version", version=None, says=["1:1: the declaration has no version; add version: 1"]),
    case(
        "another version",
        version="2",
        says=[
            f"1:10: version 2 is not known: spark-xacct {__version__} reads version 1; write version: 1, or update spark-xacct"
        ],
    ),
    case(
        "a version in words",
        version='"1"',
        says=[
            f'1:10: version "1" is not known: spark-xacct {__version__} reads version 1; write version: 1, or update spark-xacct'
        ],
    ),
    case(
        "no base",
        base=None,
        says=["1:1: the declaration has no base; add base: irsa, or base: {kind: irsa, arn: ...}"],
    ),
    case("no sts", sts=None, says=["1:1: the declaration has no sts; add sts: {region: eu-west-1}"]),
    case(
        "an empty base",
        base="",
        says=["2:1: the declaration has no base; add base: irsa, or base: {kind: irsa, arn: ...}"],
    ),
    case("unknown key", bukets="{}", says=['6:1: unknown key "bukets"; did you mean "buckets"?']),
    case(
        "unknown key like no other",
        xyz="{}",
        says=[
            '6:1: unknown key "xyz"; known here are base, buckets, documents, environments, otherwise, own, python, roles, sts, vars, version'
        ],
    ),
    case(
        "unknown key of base",
        base="{kind: irsa, ern: x}",
        says=['2:20: unknown key "ern" in base; did you mean "arn"?'],
    ),
    case(
        "unknown key of sts",
        sts="{region: eu-west-1, endpiont: x}",
        says=['3:26: unknown key "endpiont" in sts; did you mean "endpoint"?'],
    ),
    case(
        "unknown key of a role",
        roles=role("tag: {}"),
        says=['4:65: unknown key "tag" in roles.partner; did you mean "tags"?'],
    ),
    case(
        "unknown key of a session policy",
        roles=role("session_policy: {inlin: {}}"),
        says=['4:82: unknown key "inlin" in roles.partner.session_policy; did you mean "inline"?'],
    ),
    case(
        "unknown key of an external id",
        roles=role("external_id: {env: ID, vault: x}"),
        says=['4:88: unknown key "vault" in roles.partner.external_id; known here are env, file'],
    ),
    case(
        "unknown key of a grant",
        roles=role('grants: [{arn: "arn:aws:sqs:eu-west-1:444455556666:q", acces: read}]'),
        says=['4:120: unknown key "acces" in roles.partner.grants[1]; did you mean "access"?'],
    ),
    case(
        "unknown key of a bucket",
        buckets="{b-1: {role: partner, acess: read}}",
        says=['5:32: unknown key "acess" in buckets.b-1; did you mean "access"?'],
    ),
    case(
        "unknown key of kms",
        buckets="{b-1: {role: partner, kms: {wirte: x}}}",
        says=['5:38: unknown key "wirte" in buckets.b-1.kms; did you mean "write"?'],
    ),
    case(
        "unknown key of s3",
        buckets="{b-1: {role: partner, s3: {requester-pays: true}}}",
        says=['5:37: unknown key "requester-pays" in buckets.b-1.s3; did you mean "requester_pays"?'],
    ),
    case(
        "unknown key of a prefix",
        buckets="{b-1: {role: partner, prefixes: {f/: {role: base, owner: x}}}}",
        says=['5:60: unknown key "owner" in buckets.b-1.prefixes.f/; known here are access, role'],
    ),
    case(
        "unknown key of python",
        python="{default: partner}",
        says=['6:10: unknown key "default" in python; did you mean "default_role"?'],
    ),
    case(
        "unknown key of documents",
        documents="{oidc: x}",
        says=[
            '6:13: unknown key "oidc" in documents; known here are eks_account, execution_roles, namespace, oidc_provider, service_account'
        ],
    ),
    case(
        "role without its ARN",
        roles="{partner: {}}",
        says=["4:9: roles.partner has no arn; add arn: arn:aws:iam::ACCOUNT:role/NAME"],
    ),
    case(
        "role that is a text",
        roles=f'{{partner: "{READER}"}}',
        says=[
            '4:18: roles.partner is a text ("arn:aws:iam::444455556666:role/reader"); write a mapping: {arn: arn:aws:iam::ACCOUNT:role/NAME}'
        ],
    ),
    case(
        "role that is empty",
        roles="{partner: }",
        says=["4:9: roles.partner is empty; write a mapping: {arn: arn:aws:iam::ACCOUNT:role/NAME}"],
    ),
    case(
        "bucket without a role",
        buckets="{partner-data: {access: read}}",
        says=["5:11: buckets.partner-data has no role; add role: NAME, or role: base"],
    ),
    case(
        "bucket that is empty",
        buckets="{partner-data: }",
        says=["5:11: buckets.partner-data is empty; write a value, or remove it"],
    ),
    case(
        "a key twice",
        buckets="{b-1: partner, b-2: base, b-1: base}",
        says=['5:36: "b-1" stands twice here (first on line 5); remove one of them'],
    ),
    case("an unknown tag", base="!ruby/object irsa", says=["2:7: the tag !ruby/object is not known here; remove it"]),
    case(
        "a tag of Python",
        roles="!!python/object:os.system {}",
        buckets="{}",
        says=["4:8: the tag tag:yaml.org,2002:python/object:os.system is not known here; remove it"],
    ),
]


@pytest.mark.parametrize(("text", "environment", "says"), WRONG_SHAPES)
def test_wrong_shape_is_refused(text: str, environment: str | None, says: list[str]) -> None:
    with pytest.raises(DeclarationError) as raised:
        declaration.loads(text, environment=environment)

    assert str(raised.value).splitlines() == [f"xacct.yaml:{line}" for line in says]


NO_DECLARATIONS = [
    case(
        "a section twice",
        text="version: 1\nbase: irsa\nsts: {region: eu-west-1}\nbase: env\n",
        says=['4:1: "base" stands twice here (first on line 2); remove one of them'],
    ),
    case(
        "an alias of a mapping",
        text="version: 1\nbase: irsa\nsts: {region: eu-west-1}\nroles:\n  a: &a {arn: 'arn:aws:iam::444455556666:role/a'}\n  b: *a\n",
        says=["6:6: the alias *a stands for a list or mapping; write it out in each place"],
    ),
    case(
        "a key that is a list",
        text="version: 1\nbase: irsa\nsts: {region: eu-west-1}\n? [a]\n: 1\n",
        says=["4:3: a key is a list or mapping; write one name before the colon"],
    ),
    case(
        "a pattern without quotes",
        text="version: 1\nbuckets:\n  *-landing: partner\n",
        says=['3:3: the alias *-landing stands for nothing; put a name that begins with * in quotes: "*-landing"'],
    ),
    case(
        "a tab",
        text="version: 1\nbuckets:\n\tb: partner\n",
        says=["3:1: this is not YAML: found character '\\t' that cannot start any token; indent with blanks"],
    ),
    case(
        "an open bracket",
        text="version: 1\nown: [a, b\n",
        says=[
            "3:1: this is not YAML: expected ',' or ']', but got '<stream end>'; look at this line and the one before it: quotes, colons, indentation"
        ],
    ),
    case(
        "two documents",
        text="version: 1\n---\nversion: 1\n",
        says=[
            "1:1: the declaration has no base; add base: irsa, or base: {kind: irsa, arn: ...}",
            "2:1: a second document begins here; keep one declaration in one file",
        ],
    ),
    case("nothing", text=" ", says=["1:1: the declaration is empty; begin with version: 1, base: and sts:"]),
    case(
        "only a comment",
        text="# nothing\n",
        says=["1:1: the declaration is empty; begin with version: 1, base: and sts:"],
    ),
    case(
        "a text",
        text="hello\n",
        says=["1:1: the declaration is not a mapping; write keys and values: version: 1, base: irsa, buckets: ..."],
    ),
    case(
        "a list",
        text="- version: 1\n",
        says=["1:1: the declaration is not a mapping; write keys and values: version: 1, base: irsa, buckets: ..."],
    ),
    case(
        "a control character",
        text="version: 1\x01\n",
        says=["1:1: this is not YAML: unacceptable character #x0001: special characters are not allowed; remove it"],
    ),
    case(
        "a number that Python does not convert",
        text=written(vars=f"{{account: -{'1' * 5000}}}"),
        says=["6:17: this number has 5000 digits; write a text in quotes"],
    ),
    case(
        "half a character",
        text=written(base='"\\ud800"'),
        says=["2:7: \\ud800 is half a character; write the character itself"],
    ),
    case(
        "half a character in a key",
        text=written() + '"x\\udfff": 1\n',
        says=["6:1: \\udfff is half a character; write the character itself"],
    ),
    case(
        "a plan of JSON as YAML",
        text='{"v": 1}',
        says=[
            "1:1: the declaration has no version; add version: 1",
            '1:2: unknown key "v"; known here are base, buckets, documents, environments, otherwise, own, python, roles, sts, vars, version',
        ],
    ),
    case(
        "deep nesting",
        text="[" * 2000,
        says=["1:66: this is nested too deep to read; a declaration has at most ten levels"],
    ),
]


@pytest.mark.parametrize(("text", "environment", "says"), NO_DECLARATIONS)
def test_text_that_is_no_declaration_is_refused(text: str, environment: str | None, says: list[str]) -> None:
    with pytest.raises(DeclarationError) as raised:
        declaration.loads(text, environment=environment)

    assert str(raised.value).splitlines() == [f"xacct.yaml:{line}" for line in says]


DEEP = 200_000


@pytest.mark.parametrize(
    "text", ["[" * DEEP, "{a: " * DEEP, "- " * DEEP, "? " * DEEP], ids=["lists", "mappings", "items", "keys"]
)
def test_no_depth_exhausts_the_stack(text: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        declaration.loads(text)

    assert str(raised.value).endswith("this is nested too deep to read; a declaration has at most ten levels")


@pytest.mark.parametrize("text", [row.values[0] for row in (*WRONG_SHAPES, *NO_DECLARATIONS)] + [written(), "[" * DEEP])
def test_python_parser_says_the_same_as_the_c_parser(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("_ruamel_yaml", reason="ruamel.yaml.clib is not installed: there is only one parser here")
    by_default = answer(text)
    monkeypatch.setattr(source, "YAML", lambda typ, pure=True: YAML(typ=typ, pure=True))

    assert answer(text) == by_default


def answer(text: str) -> object:
    try:
        return declaration.loads(text)
    except DeclarationError as error:
        return str(error)

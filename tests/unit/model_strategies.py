"""Hypothesis strategies for access maps whose names collide on purpose."""

from __future__ import annotations

from hypothesis import strategies as st

from spark_xacct.model import AccessMap, Arn, Base, BaseKind, Binding, ExternalId, Location, Pattern, Role, Sts
from spark_xacct.model.binding import ACCESSES, CANNED_ACLS

ACCOUNTS = ("111122223333", "444455556666", "777788889999")
PARTS = ("a", "b", "a-b", "logs", "x.y")
PREFIXES = ("f/", "f/g/", "fg/", "f/g/h/")
KEYS = ("", "f", "f/", "f/g", "f/g/x", "fg", "fgh/x", "f/g/h/i", "other", "F/x")

buckets = st.lists(st.sampled_from(PARTS), min_size=2, max_size=3).map("-".join)
patterns = (
    st.lists(st.sampled_from((*PARTS, "*", "*")), min_size=2, max_size=4)
    .map("".join)
    .filter(lambda text: "*" in text and text.strip("*") != "")
)
texts = st.text("abcXYZ019_+=.@-", min_size=2, max_size=20)
locations = st.builds(Location, st.sampled_from(("s3", "s3a", "s3n")), buckets, st.sampled_from(KEYS))


def role_arn(account: str, name: str) -> Arn:
    return Arn.parse_role(f"arn:aws:iam::{account}:role/{name}")


@st.composite
def roles(draw: st.DrawFn) -> dict[str, Role]:
    result: dict[str, Role] = {}
    for name in draw(st.lists(st.sampled_from(("hub", "partner", "finance", "r-1", "q_2")), unique=True, max_size=4)):
        tags = draw(st.dictionaries(st.sampled_from(("team", "Cost", "a b")), texts, max_size=2))
        result[name] = Role(
            name=name,
            arn=role_arn(draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from(("etl", "path/reader", "r_+=,.@-")))),
            via=draw(st.sampled_from((None, *result))),
            session_name=draw(st.sampled_from(("xacct-{run}", "{run}-{user}", "fixed", "{user}"))),
            duration_seconds=draw(st.sampled_from((900, 3600, 43200))),
            external_id=draw(
                st.none()
                | st.builds(lambda text: ExternalId(literal=text), texts)
                | st.builds(
                    lambda text: ExternalId(env=text), st.from_regex("[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
                )
                | st.builds(lambda text: ExternalId(file="/" + text), texts)
            ),
            tags=tuple(sorted(tags.items())),
            transitive_tags=tuple(draw(st.lists(st.sampled_from(sorted(tags)), unique=True))) if tags else (),
            source_identity=draw(st.none() | texts),
            policy=draw(st.none() | st.just('{"Statement":[],"x":"${aws:username} \\u00e9"}')),
            policy_arns=tuple(draw(st.lists(st.just("arn:aws:iam::aws:policy/ReadOnlyAccess"), max_size=1))),
        )
    return result


@st.composite
def bindings(draw: st.DrawFn, known: dict[str, Role]) -> list[Binding]:
    result = []
    for text in draw(st.lists(buckets | patterns, unique=True, max_size=6)):
        for prefix in ("", *draw(st.lists(st.sampled_from(PREFIXES), unique=True, max_size=3))):
            if prefix and "*" in text:
                continue
            role = draw(st.sampled_from((None, *known)))
            owner = draw(st.sampled_from(ACCOUNTS)) if role is not None else draw(st.sampled_from((None, *ACCOUNTS)))
            result.append(
                Binding(
                    bucket=Pattern(text),
                    role=role,
                    prefix=prefix,
                    access=draw(st.sampled_from(ACCESSES)),
                    owner=owner,
                    region=draw(st.sampled_from((None, "us-east-1"))),
                    kms_write=draw(st.sampled_from((None, "arn:aws:kms:us-east-1:444455556666:key/1"))),
                    kms_read=tuple(draw(st.lists(st.sampled_from(("k1", "k2")), unique=True))),
                    acl=draw(st.sampled_from((None, *CANNED_ACLS))),
                    requester_pays=draw(st.booleans()),
                )
            )
    return result


@st.composite
def access_maps(draw: st.DrawFn) -> AccessMap:
    known = draw(roles())
    bound = draw(bindings(known))
    taken = {binding.bucket.text for binding in bound}
    own = draw(st.lists((buckets | patterns).filter(lambda text: text not in taken), unique=True, max_size=3))
    python_roles = draw(st.lists(st.sampled_from(sorted(known)), unique=True)) if known else []
    return AccessMap(
        base=draw(
            st.sampled_from(
                (
                    Base(BaseKind.IRSA, Arn.parse_principal("arn:aws:iam::111122223333:role/etl")),
                    Base(BaseKind.ENV, Arn.parse_principal("arn:aws:iam::111122223333:user/ana")),
                    Base(BaseKind.PROFILE, profile="etl"),
                    Base(BaseKind.CLASS, class_name="com.example.Provider"),
                    Base(BaseKind.POD_IDENTITY),
                )
            )
        ),
        sts=Sts("eu-west-1", draw(st.sampled_from((None, "https://sts.example")))),
        roles=known,
        bindings=tuple(bound),
        own=tuple(map(Pattern, own)),
        deny_undeclared=draw(st.booleans()),
        python_default_role=draw(st.sampled_from((None, *python_roles))),
        python_roles=tuple(python_roles),
    )

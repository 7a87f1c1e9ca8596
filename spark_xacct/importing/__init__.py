"""Existing settings to a declaration: a text that ``declaration.loads`` takes, and what could not be carried. Pure: texts come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from spark_xacct import declaration
from spark_xacct import plan as plans
from spark_xacct.errors import DeclarationError, PlanError
from spark_xacct.importing import aws_profiles, from_plan, from_settings, platforms, role_mappings, values, writing
from spark_xacct.importing.draft import Draft, NothingImported
from spark_xacct.model import Arn, limits
from spark_xacct.targets import files
from spark_xacct.targets.files.emr_json import EmrJson
from spark_xacct.targets.files.emr_json import role_mappings as mappings_of

__all__ = ["Imported", "NothingImported", "from_emrfs", "from_profiles"]

# Where nothing names one: STS is there in every region, and another one is slower only.
_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1"}


@dataclass(frozen=True)
class Imported:
    """A declaration, and a line for each thing that it does not say and the settings did."""

    text: str
    left: tuple[str, ...] = field(default=())


def from_emrfs(named_texts: Sequence[tuple[str, str]], region: str | None = None) -> Imported:
    """The declaration in files of settings, security configurations and requests, given as (name, text).

    ``region`` is that of STS where no setting names one. Raises NothingImported where none of them says anything of roles or buckets.
    """
    draft = Draft(f"Made by spark-xacct import emrfs of {', '.join(name for name, _ in named_texts)}.")
    read = []
    for name, text in named_texts:
        try:
            read.append(files.read(name, text))
        except files.FileRefused as error:
            draft.leave(str(error))
    if not _read_plan(draft, read):
        found = values.of(read)
        for remark in (*found.remarks, *(f"{file.name}: {remark}" for file in read for remark in file.remarks)):
            draft.leave(remark)
        from_settings.into(draft, found, platforms.of(read))
        for file in read:
            if isinstance(file, EmrJson):
                role_mappings.into(draft, file.name, mappings_of(file.data))
    if not (draft.roles or draft.buckets):
        raise NothingImported(
            "\n".join(
                [
                    f"{', '.join(name for name, _ in named_texts)}: no role and no bucket was found; name the files that have fs.s3 and fs.s3a "
                    "settings, or the security configuration",
                    *draft.left,
                ]
            )
        )
    return _finished(draft, region)


def from_profiles(name: str, text: str, profile: str | None = None, region: str | None = None) -> Imported:
    """The declaration in a file of AWS profiles; ``profile``: of this one and its chain only.

    Raises NothingImported where no profile assumes a role.
    """
    draft = Draft(f"Made by spark-xacct import aws-profile of {name}{f', profile {profile}' if profile else ''}.")
    aws_profiles.into(draft, name, text, profile)
    return _finished(draft, region)


def _read_plan(draft: Draft, read: list[files.ExistingFile]) -> bool:
    """A plan of ours says more than the settings that were rendered from it."""
    found: dict[str, plans.Plan] = {}
    for file in read:
        for place in file.places:
            try:
                plan = plans.from_settings(place.hadoop())
            except PlanError as error:
                draft.leave(f"{file.name}: the plan in it cannot be read: {error}")
                continue
            if plan is not None:
                found.setdefault(plan.id, plan)
    if not found:
        return False
    first, *others = found.values()
    from_plan.into(draft, first.access_map)
    for other in others:
        draft.leave(
            f"there are several plans; {first.id} was written and {other.id} was not: import its file on its own"
        )
    return True


def _finished(draft: Draft, region: str | None) -> Imported:
    """The text, which is read once more: what is printed must be a declaration."""
    _keep_one_partition(draft)
    _keep_names_apart(draft)
    if draft.region is None:
        draft.region = region or _guessed_region(draft)
    text = writing.text(draft)
    try:
        declaration.loads(text)
    except DeclarationError as error:
        raise NothingImported(
            "what was found does not make one declaration; import fewer files or profiles at once:\n"
            + "\n".join(f"{problem.what}; {problem.fix}" for problem in error.problems)
        ) from None
    return Imported(text, tuple(draft.left))


def _keep_names_apart(draft: Draft) -> None:
    """A declaration cannot hold a bucket whose settings are read for another one too: fs.s3a.bucket.a.b.x is also b.x of bucket a."""
    for name in sorted(draft.buckets):
        parts = name.split(".")
        shorter = next(
            (one for length in range(1, len(parts)) if (one := ".".join(parts[:length])) in draft.buckets), None
        )
        if shorter is not None:
            del draft.buckets[name]
            draft.leave(
                f"bucket {name}: its settings are read for bucket {shorter} too; make a declaration and a job of its own for it"
            )


def _guessed_region(draft: Draft) -> str:
    partition = next((Arn.parse(role.arn).partition for role in draft.roles.values()), "aws")
    region = _REGIONS.get(partition, "us-east-1")
    draft.leave(f"sts.region: nothing names the region of STS; {region} was written, say --region REGION with yours")
    return region


def _keep_one_partition(draft: Draft) -> None:
    """No chain leaves its partition, so a declaration has one."""
    partitions = {name: Arn.parse(role.arn).partition for name, role in draft.roles.items()}
    first = next(iter(partitions.values()), None)
    for name, partition in partitions.items():
        if partition == first and draft.roles[name].via in (None, *draft.roles):
            continue
        role = draft.roles.pop(name)
        draft.leave(
            f"{role.arn}: partition {partition}, and the other roles are in {first}; make a declaration of its own for it"
        )
        for bucket in [bucket for bucket, there in draft.buckets.items() if there.role == name]:
            del draft.buckets[bucket]
            draft.undecided[bucket] = f"its role is in partition {partition}"
        for there in draft.buckets.values():
            there.prefixes = {prefix: to for prefix, to in there.prefixes.items() if to[0] != name}
        if draft.python_roles is not None:
            draft.python_roles = [one for one in draft.python_roles if one != name]
    if draft.base is not None and draft.base.arn and first and Arn.parse(draft.base.arn).partition != first:
        draft.leave(f"base.arn {draft.base.arn}: another partition than the roles; it was left out")
        draft.base.arn = None
    assert draft.region is None or limits.REGION.match(draft.region)

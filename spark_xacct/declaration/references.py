"""What refers to what: chains, bindings, names. Checked on the tree, so that a wrong value elsewhere hides nothing here."""

from __future__ import annotations

from collections.abc import Iterator

from spark_xacct.declaration.problems import Place, Problems, did_you_mean
from spark_xacct.declaration.source import Entry, Fields, Items, Node, text_of
from spark_xacct.errors import ModelError
from spark_xacct.model import Arn, BaseKind, limits

BASE = "base"
# EKS Pod Identity sets these on every session, as transitive tags.
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
_POD_IDENTITY_TAGS = (
    "eks-cluster-arn",
    "eks-cluster-name",
    "kubernetes-namespace",
    "kubernetes-pod-name",
    "kubernetes-pod-uid",
    "kubernetes-service-account",
)


def check(tree: Fields, problems: Problems) -> None:
    """Adds every broken reference and every contradiction."""
    roles = _Roles(tree)
    for name, role in roles.entries.items():
        if isinstance(role.node, Fields):
            _check_via(name, role.node, roles, problems)
            _check_tags(name, role.node, roles, problems)
            _check_source_identity(name, role.node, roles, problems)
    _check_partition(tree, roles, problems)
    _check_bindings(tree, roles, problems)
    _check_names(tree, problems)
    _check_python(tree, roles, problems)


class _Roles:
    def __init__(self, tree: Fields) -> None:
        self.entries = tree.fields("roles").entries
        base = tree.node("base")
        self.base_kind = base.text("kind") if isinstance(base, Fields) else text_of(base)

    def via(self, name: str) -> str | None:
        entry = self.entries.get(name)
        return entry.node.text("via") if entry is not None and isinstance(entry.node, Fields) else None

    def before(self, name: str) -> list[str]:
        """The roles on the way to this one, nearest first; stops where the chain breaks or closes."""
        seen: list[str] = []
        current = self.via(name)
        while current is not None and current in self.entries and current not in (*seen, name):
            seen.append(current)
            current = self.via(current)
        return seen

    def inherited_tags(self, name: str) -> dict[str, str]:
        """Lower-case tag key -> who has passed it on."""
        result = dict.fromkeys(_POD_IDENTITY_TAGS, "EKS Pod Identity") if self._base_tags else {}
        for hop in reversed(self.before(name)):
            node = self.entries[hop].node
            keys = node.node("transitive_tags") if isinstance(node, Fields) else None
            for item in keys.items if isinstance(keys, Items) else ():
                result.setdefault((text_of(item) or "").lower(), f"role {hop}")
        return result

    @property
    def _base_tags(self) -> bool:
        return self.base_kind == BaseKind.POD_IDENTITY.value


def _check_via(name: str, role: Fields, roles: _Roles, problems: Problems) -> None:
    via, node = role.text("via"), role.node("via")
    if via is None or node is None:
        return
    if via == BASE:
        problems.add(node.place, f"roles.{name}: via names the base identity", "remove via: every chain begins there")
    elif via not in roles.entries:
        problems.add(
            node.place, f'roles.{name}: via "{via}" is not declared', did_you_mean(via, set(roles.entries) - {name})
        )
    else:
        chain = [name, *roles.before(name)]
        # Said once for a cycle, at its first role in the file.
        if roles.via(chain[-1]) == name and next(item for item in roles.entries if item in chain) == name:
            way = " -> ".join([*chain, name])
            problems.add(node.place, f"roles.{name} goes via itself: {way}", "remove one of these via")


def _check_tags(name: str, role: Fields, roles: _Roles, problems: Problems) -> None:
    tags, transitive = role.fields("tags"), role.node("transitive_tags")
    inherited = roles.inherited_tags(name)
    for key, entry in tags.entries.items():
        if key.lower() in inherited:
            problems.add(
                entry.place,
                f'roles.{name}: tag "{key}" is passed on by {inherited[key.lower()]} already, and STS refuses it a second time',
                "remove it here, or from transitive_tags there",
            )
    for item in transitive.items if isinstance(transitive, Items) else ():
        key_text = text_of(item)
        if key_text is not None and key_text not in tags.entries:
            problems.add(
                item.place,
                f'roles.{name}: transitive tag "{key_text}" is not among its tags',
                did_you_mean(key_text, tags.entries),
            )


def _check_source_identity(name: str, role: Fields, roles: _Roles, problems: Problems) -> None:
    own, node = role.text("source_identity"), role.node("source_identity")
    if own is None or node is None:
        return
    for hop in roles.before(name):
        earlier = roles.entries[hop].node
        value = earlier.text("source_identity") if isinstance(earlier, Fields) else None
        if value is not None and value != own:
            problems.add(
                node.place,
                f'roles.{name}: source identity "{own}" differs from "{value}" of role {hop}, which its chain has set for good',
                "remove one of the two",
            )
            return


def _check_partition(tree: Fields, roles: _Roles, problems: Problems) -> None:
    base = tree.node("base")
    first: tuple[str, str] | None = None
    arns: list[tuple[str, Node | None]] = [("base", base.node("arn") if isinstance(base, Fields) else None)]
    arns += [
        (f"roles.{name}", e.node.node("arn") if isinstance(e.node, Fields) else None)
        for name, e in roles.entries.items()
    ]
    for name, node in arns:
        text = text_of(node)
        if text is None or node is None:
            continue
        try:
            partition = Arn.parse(text).partition
        except ModelError:
            continue
        first = first or (name, partition)
        if partition != first[1]:
            problems.add(
                node.place,
                f"{name} is in partition {partition}, {first[0]} is in {first[1]}: no chain leaves its partition",
                "use a role of the same partition, or a declaration of its own",
            )


def _check_bindings(tree: Fields, roles: _Roles, problems: Problems) -> None:
    otherwise = tree.text("otherwise") or "platform"
    for name, entry in tree.fields("buckets").entries.items():
        if "*" in name and otherwise == "platform":
            _refuse_pattern(f"buckets.{name}", entry.place, problems)
        _check_target(f"buckets.{name}", entry.node, roles, problems)
        if isinstance(entry.node, Fields):
            prefixes = entry.node.fields("prefixes").entries
            if prefixes and "*" in name:
                problems.add(
                    entry.node.entries["prefixes"].place,
                    f"buckets.{name}: a pattern cannot have prefixes",
                    "name the bucket",
                )
            for prefix, below in prefixes.items():
                _check_target(f"buckets.{name}.prefixes.{prefix}", below.node, roles, problems)
    for item in _own(tree):
        if "*" in (text_of(item) or "") and otherwise == "platform":
            _refuse_pattern(f"own: {text_of(item)}", item.place, problems)


def _refuse_pattern(what: str, place: Place, problems: Problems) -> None:
    problems.add(
        place,
        f"{what}: a pattern needs otherwise: deny, settings of single buckets cannot hold it",
        "add otherwise: deny, or name the buckets",
    )


def _check_target(where: str, node: Node, roles: _Roles, problems: Problems) -> None:
    target = node.node("role") if isinstance(node, Fields) else node
    name = text_of(target)
    if target is not None and name is not None and name != BASE and name not in roles.entries:
        problems.add(
            target.place, f'{where}: role "{name}" is not declared', did_you_mean(name, [*roles.entries, BASE])
        )


def _own(tree: Fields) -> Iterator[Node]:
    node = tree.node("own")
    yield from node.items if isinstance(node, Items) else ()


def _check_names(tree: Fields, problems: Problems) -> None:
    names: dict[str, tuple[str, Place]] = {
        name: ("buckets", entry.place) for name, entry in tree.fields("buckets").entries.items()
    }
    for item in _own(tree):
        text = text_of(item)
        if text is None:
            continue
        if text in names:
            section, place = names[text]
            problems.add(
                item.place,
                f"own: {text} is declared in {section} on line {place.line} already",
                "remove one of the two",
            )
        names.setdefault(text, ("own", item.place))
    for name, (section, place) in names.items():
        _check_dots(name, section, place, names, problems)


def _check_dots(name: str, section: str, place: Place, names: dict[str, tuple[str, Place]], problems: Problems) -> None:
    if "*" in name or "." not in name or not limits.BUCKET_NAME.match(name):
        return
    labels = name.split(".")
    shorter = [".".join(labels[:count]) for count in range(1, len(labels))]
    for other in shorter:
        if other in names:
            problems.add(
                place,
                f"{section}: the settings fs.s3a.bucket.{name}.* are read for bucket {other} too (line {names[other][1].line})",
                "declare one of the two here, and the other in a declaration and job of its own",
            )
            return
    possible = [other for other in shorter if limits.BUCKET_NAME.match(other)]
    if possible:
        problems.note(
            place,
            f"{section}: the settings fs.s3a.bucket.{name}.* are read for a bucket {possible[0]} too",
            f"see that no job of this declaration uses a bucket {possible[0]}",
        )


def _check_python(tree: Fields, roles: _Roles, problems: Problems) -> None:
    python = tree.fields("python")
    listed = python.node("roles")
    items: dict[str, Entry] = {}
    for item in listed.items if isinstance(listed, Items) else ():
        name = text_of(item)
        if name is not None:
            items[name] = Entry(item.place, item)
            if name not in roles.entries:
                problems.add(
                    item.place, f'python.roles: role "{name}" is not declared', did_you_mean(name, roles.entries)
                )
    default, node = python.text("default_role"), python.node("default_role")
    if default is None or node is None:
        return
    if default not in roles.entries:
        problems.add(
            node.place, f'python.default_role: role "{default}" is not declared', did_you_mean(default, roles.entries)
        )
    elif isinstance(listed, Items) and default not in items:
        problems.add(node.place, f'python.default_role: "{default}" is not among python.roles', "add it there")

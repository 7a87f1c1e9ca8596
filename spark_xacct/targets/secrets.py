"""What is never printed of a user's own settings: values whose names say that they are secret, wherever they stand in a text."""

from __future__ import annotations

import re

SECRET = re.compile(
    r"secret|passw|\bpwd\b|token|encryption\.key|access\.?key|account\.key|api[._-]?key|private[._-]?key|\.sas\.|credential",
    re.IGNORECASE,
)
# Names that hold one of those words, and values that are none: a class, a switch, a place.
_OPEN_NAME = re.compile(
    r"(?:provider|providers|class|impl|binding|mapping|enabled|enable|file|path|uri|url|endpoint|region|algorithm|prefix)\Z",
    re.IGNORECASE,
)
# A key of KMS, a role: names of AWS, which are no secret.
_ARN = re.compile(r"arn:aws[a-z-]*:[!-~]*\Z")
_MASK = re.compile(r"\([0-9]+ characters, not shown\)\Z")
_BUCKET = re.compile(r"\bfs\.s3a?\.bucket\.[a-z0-9.-]+?\.(?=[a-zA-Z])")
# What follows a name within a value: options of a JVM, addresses of databases, parameters of spark-submit. A blank alone stands
# between an option of a command and its value.
_VALUE = re.compile(r"(?P<between>[\"']?\s*[=:]\s*)(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&\"'<>]+)")
_OPTION_VALUE = re.compile(r"(?P<between>\s+)(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'-][^\s\"']*)")
_NAME_LETTER = re.compile(r"[\w.$-]")
_USER_INFO = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^/\s:@]*:)(?P<value>[^/\s@]+)(?=@)", re.IGNORECASE)


def is_secret(name: str, value: str) -> bool:
    """Whether the value of this setting must not be printed."""
    bare = _BUCKET.sub("", name)
    return bool(value and SECRET.search(bare)) and not any(
        (_OPEN_NAME.search(bare), _ARN.match(value), _MASK.match(value))
    )


def shown(name: str, value: str) -> str:
    """The value of a setting as it may be printed."""
    return mask(value) if is_secret(name, value) else inside(value)


def mask(value: str) -> str:
    """What stands in place of a secret."""
    return f"({len(value)} characters, not shown)"


def inside(text: str) -> str:
    """A text in which the values of secret names are masked."""
    if _ARN.match(text):
        return text
    parts, at = [], 0
    for found in SECRET.finditer(text):
        if found.start() < at:
            continue
        start = found.start()
        while start > at and _NAME_LETTER.match(text[start - 1]):
            start -= 1
        end = found.end()
        while end < len(text) and _NAME_LETTER.match(text[end]):
            end += 1
        name = text[start:end]
        value = _VALUE.match(text, end) or (_OPTION_VALUE.match(text, end) if name.startswith("--") else None)
        if value is not None and is_secret(name, value["value"].strip("\"'")):
            parts += [text[at : value.start("value")], mask(value["value"])]
            at = value.end()
    return _USER_INFO.sub(lambda found: found["before"] + mask(found["value"]), "".join([*parts, text[at:]]))

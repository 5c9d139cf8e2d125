"""Compares what a document shows as an answer with what was answered.

`…` stands for anything: as a value, as the rest of a list or of a line, as lines left out. Of an object, only the keys
that are shown are looked at. Ids, moments and secrets are never the same twice, so one stands for any other.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

ANYTHING = "…"
_ID = re.compile(r"(?<![a-f0-9])[a-f0-9]{32}(?![a-f0-9])")
# what differs from run to run: an id, a moment, a day, a token
_KINDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"[a-f0-9]{32}",
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z",
        r"\d{4}-\d{2}-\d{2}",
        r"hr[a-z]_[0-9A-Za-z]+",
        r"[a-z0-9-]+-[a-f0-9]{6}",
    )
)


def differences(shown: Any, answered: Any, path: str = "$") -> Iterator[str]:
    """Where an answer is not what the document shows."""
    if shown == ANYTHING:
        return
    if isinstance(shown, dict) and isinstance(answered, dict):
        free = list(answered)
        for key, value in shown.items():
            # keys that are ids stand for each other in their order
            same = next((other for other in free if _without_ids(other) == _without_ids(key)), None)
            if same is None:
                yield f"{path}.{key} is not in the answer"
            else:
                free.remove(same)
                yield from differences(value, answered[same], f"{path}.{key}")
    elif isinstance(shown, list) and isinstance(answered, list):
        wanted = shown[:-1] if shown and shown[-1] == ANYTHING else shown
        if len(answered) < len(wanted) or (wanted is shown and len(answered) != len(shown)):
            yield f"{path} has {len(answered)} entries, not {len(shown)}"
        for index, (left, right) in enumerate(zip(wanted, answered, strict=False)):
            yield from differences(left, right, f"{path}[{index}]")
    elif type(shown) is not type(answered) or not _same(shown, answered):
        yield f"{path} is {answered!r}, not {shown!r}"


def _without_ids(key: str) -> str:
    return _ID.sub("id", key)


def _same(shown: Any, answered: Any) -> bool:
    if shown == answered:
        return True
    if not isinstance(shown, str):
        return False
    if any(kind.fullmatch(shown) and kind.fullmatch(answered) for kind in _KINDS):
        return True
    return ANYTHING in shown and _pattern(shown).fullmatch(answered) is not None


def json_differences(shown: str, answered: str) -> list[str]:
    """The same for texts of JSON."""
    try:
        found = json.loads(answered)
    except ValueError:
        return [f"the answer is not JSON: {answered[:500]}"]
    return list(differences(json.loads(shown), found))


def text_differences(shown: str, answered: str) -> list[str]:
    """The same for plain output: line by line, a line of `…` stands for any number of lines."""
    lines = [line.rstrip() for line in shown.strip().splitlines()]
    pattern = "\n".join(r"(?:[^\n]*\n)*?[^\n]*" if line == ANYTHING else _pattern(line).pattern for line in lines)
    given = "\n".join(line.rstrip() for line in answered.strip().splitlines())
    return [] if re.fullmatch(pattern, given) else [f"the output is\n{answered}"]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("[^\n]*".join(map(re.escape, text.split(ANYTHING))))

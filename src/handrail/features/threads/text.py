"""The text of threads: who is mentioned in it, and how it reads with their names (wire 2.20)."""

import re
from collections.abc import Collection, Mapping
from html import escape

from handrail.kernel.addresses import is_email
from handrail.kernel.errors import Invalid
from handrail.kernel.html import sanitise, strip_tags
from handrail.kernel.ids import MAX_INTEGER_ID

_MENTION = re.compile(r"@\[(\d{1,19})\]")
# a tag with its attributes, in which nothing is mentioned
_TAG_OR_MENTION = re.compile(r"<[^<>]*>|@\[(\d{1,19})\]")
_GUEST = re.compile(r"(?<!\S)\+([^\s<>,;]+@[^\s<>,;]+)")
# where an address may stand, between tags too; what is one is found in it, for a pattern of it all would begin anew at
# every plus sign
_WORD = re.compile(r"[^\s<>,;]+")
# what shows something without a word
_SHOWING = re.compile(r"<(img|hr)\b", re.I)
_ENDING = ".!?:)"


def cleaned(content: str) -> str:
    """The allowed part of what somebody wrote. Invalid when nothing is left to read."""
    clean = sanitise(content)
    if not strip_tags(clean) and not _SHOWING.search(clean):
        raise Invalid({"content": "The content must not be blank."})
    return clean


def escaped(text: str) -> str:
    """Plain text as the content of a thread."""
    return escape(text, quote=False)


def mentioned(content: str) -> list[int]:
    """The ids behind `@[<member id>]`, each once, in order; whether there are such members is another question."""
    found = dict.fromkeys(int(digits) for digits in _MENTION.findall(content))
    return [number for number in found if 0 < number <= MAX_INTEGER_ID]


def invited(content: str) -> list[str]:
    """The addresses behind a plus sign, `+rui@pilots.example`, each once, in lower case."""
    found = (match.rstrip(_ENDING).lower() for match in _GUEST.findall(strip_tags(content)))
    return [address for address in dict.fromkeys(found) if is_email(address)]


def muted(content: str, known: Collection[int]) -> str:
    """The content with only these people mentioned; for the others the number is left."""
    return _MENTION.sub(lambda match: match[0] if int(match[1]) in known else f"@{match[1]}", content)


def readable(content: str, names: Mapping[int, str]) -> str:
    """The content with the names of those who are mentioned; an id without a name stays as it is written, and so does
    one inside of a tag, which a name could end."""

    def name(match: re.Match[str]) -> str:
        known = None if match[1] is None else names.get(int(match[1]))
        return match[0] if known is None else f"<strong>{escape(known, quote=False)}</strong>"

    return _TAG_OR_MENTION.sub(name, content)


def nameless(content: str) -> str:
    """The content without saying who is mentioned in it."""
    return _MENTION.sub("somebody", content)


def without_addresses(content: str, own: str | None) -> str:
    """The content without the addresses of the guests who are called in it, but for one's own."""

    def kept(match: re.Match[str]) -> str:
        before, _, called = match[0].partition("+")
        # something on both sides of the sign, which may be the last of several
        if called.rfind("@", 0, -1) < 1:
            return match[0]
        address = called.rstrip(_ENDING)
        return match[0] if address.lower() == own else before + "a guest" + called[len(address) :]

    return _WORD.sub(kept, content)


_UNITS = (
    ("year", 31_536_000),
    ("month", 2_592_000),
    ("week", 604_800),
    ("day", 86_400),
    ("hour", 3600),
    ("minute", 60),
)


def ago(then: int, now: int) -> str:
    """How long ago a moment was, in the largest unit that it fills: `2 hours ago`."""
    seconds = max(now - then, 0) // 1000
    for unit, size in _UNITS:
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"

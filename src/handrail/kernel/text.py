"""Placeholders in text, and text without markup (engine 4.5)."""

import re
from collections.abc import Callable

# characters without width, which editors leave next to placeholders, go with them
_WIDTHLESS = "[\u200b\u200c\u200d\u2060\ufeff]"
# looks at a run of such characters once, from its beginning: a long one without braces would take its square otherwise
_PLACEHOLDER = re.compile(f"(?:(?<!{_WIDTHLESS}){_WIDTHLESS}+)?\\{{\\{{([^{{}}]+)\\}}\\}}{_WIDTHLESS}*")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_COMMENT_OR_TAG = re.compile(rf"<!--.*?-->|{_TAG.pattern}", re.DOTALL)
_DATE_FORMATS = {"mm/dd/yyyy": "%m/%d/%Y", "dd/mm/yyyy": "%d/%m/%Y", "yyyy-mm-dd": "%Y-%m-%d"}


def substitute(text: str, lookup: Callable[[str], str | None]) -> str:
    """Replace each `{{name}}` by what `lookup` says of the name; a name it answers None to stays as it is written.

    One pass: braces inside of a replacement mean nothing. Spaces inside of the braces are tolerated. The lookup
    escapes for the place the text is meant for.
    """
    if "{{" not in text:
        return text

    def replacement(found: re.Match[str]) -> str:
        value = lookup(found[1].strip())
        return found[0] if value is None else value

    return _PLACEHOLDER.sub(replacement, text)


def placeholders(text: str) -> list[str]:
    """The names between the braces of a text."""
    return [found.strip() for found in _PLACEHOLDER.findall(text)] if "{{" in text else []


def without_tags(text: str) -> str:
    """The text without what looks like HTML tags; all else, entities included, stays as it is written."""
    if "<" not in text:
        return text
    # behind the last end of a comment there is none, and looking for one at every beginning would take long
    end = text.rfind("-->") + len("-->") if "-->" in text else 0
    return _COMMENT_OR_TAG.sub("", text[:end]) + _TAG.sub("", text[end:])


def date_pattern(date_format: str | None) -> str:
    """The strftime pattern of a member's date format; unknown or unset means `mm/dd/yyyy`."""
    return _DATE_FORMATS.get((date_format or "").lower(), "%m/%d/%Y")

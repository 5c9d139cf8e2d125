"""Small conversions of words and numbers that several parts of the house need alike."""

import re
import unicodedata

SLUG_LENGTH = 60
_SUFFIX_LENGTH = 6
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
# letters that do not fall apart into an ASCII letter and an accent
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h"})


def slug(text: str, suffix: str) -> str:
    """`vendor-name-c2a9f0`: the words of a text in ASCII, then the last six characters of an id or of a given suffix.

    Lower case letters, digits and single hyphens only, at most 67 characters, never empty.
    """
    folded = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()
    # the folding itself can make upper case letters, from a trade mark sign for instance
    words = _hyphenated(folded.lower())
    if len(words) > SLUG_LENGTH:
        words, _, cut = words[: SLUG_LENGTH + 1].rpartition("-")
        words = words or cut[:SLUG_LENGTH]
    ending = _hyphenated(suffix.lower())[-_SUFFIX_LENGTH:].strip("-")
    return f"{words or 'item'}-{ending}" if ending else words or "item"


def _hyphenated(text: str) -> str:
    return _NOT_SLUG.sub("-", text).strip("-")


def rounded_percent(done: int, total: int) -> int:
    """Share in whole percent, rounded half up: 0 of 0 is 0, and 100 means that everything is done (engine 1.3)."""
    if total <= 0:
        return 0
    percent = (200 * done + total) // (2 * total)
    return min(percent, 99) if done < total else percent

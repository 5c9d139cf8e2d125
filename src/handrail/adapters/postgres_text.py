"""Several writing statements as the text of one, so that they cost one round trip."""

import re
from collections.abc import Sequence
from functools import lru_cache

_PLACE = re.compile(r"\$(\d+)")


@lru_cache(maxsize=512)
def merged(texts: tuple[str, ...]) -> str:
    """Several writing statements as one: the last one preceded by the others, parameters numbered through."""
    if len(texts) == 1:
        return texts[0]
    *first, last = _renumbered(texts, 0)
    return f"WITH {_steps(first)} {last}"


@lru_cache(maxsize=512)
def believing(belief: str, texts: tuple[str, ...]) -> str:
    """Several writing statements as one that fails, dividing by zero, unless a locking statement gives the value of the
    parameter after its own. It comes first, because the rest of the statement asks for it and for no other."""
    expected = _places(belief) + 1
    steps = _steps(_renumbered(texts, expected))
    return f"WITH believed (value) AS ({belief}), {steps} SELECT 1 / count(*) FROM believed WHERE value = ${expected}"


def _places(text: str) -> int:
    return max((int(number) for number in _PLACE.findall(text)), default=0)


def _renumbered(texts: Sequence[str], shift: int) -> list[str]:
    """The texts with their parameters numbered through, from the one after `shift` on."""
    renumbered: list[str] = []
    for text in texts:
        renumbered.append(_PLACE.sub(lambda place, by=shift: f"${int(place[1]) + by}", text))
        shift += _places(text)
    return renumbered


def _steps(texts: Sequence[str]) -> str:
    return ", ".join(f"step{index} AS ({text})" for index, text in enumerate(texts))


@lru_cache(maxsize=512)
def target(text: str) -> str:
    """The table that a writing statement touches."""
    words = text.split(maxsplit=3)
    return words[1] if words[0] == "UPDATE" else words[2]

"""The text of threads: wire 2.20."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.features.threads.text import ago, cleaned, invited, mentioned, readable
from handrail.kernel.errors import Invalid

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (-HOUR, "just now"),
        (0, "just now"),
        (59 * SECOND, "just now"),
        (MINUTE, "1 minute ago"),
        (59 * MINUTE, "59 minutes ago"),
        (2 * HOUR, "2 hours ago"),
        (DAY, "1 day ago"),
        (6 * DAY, "6 days ago"),
        (15 * DAY, "2 weeks ago"),
        (65 * DAY, "2 months ago"),
        (800 * DAY, "2 years ago"),
    ],
)
def test_ago(passed: int, said: str) -> None:
    now = 1_900_000_000_000
    assert ago(now - passed, now) == said


def test_mentions_and_addresses() -> None:
    assert mentioned("@[7] @[8]x@[7] @[0] @[x] @7 [9] @[99999999999999999999]") == [7, 8]
    assert invited("ask +Rui@Pilots.example, or (+b@c.example) x+d@e.example +f +g@") == ["rui@pilots.example"]


@given(st.text(), st.dictionaries(st.integers(1, 99), st.text(max_size=8)))
def test_names_never_bring_markup_in(content: str, names: dict[int, str]) -> None:
    try:
        clean = cleaned(content + " ".join(f"@[{number}]" for number in names))
    except Invalid:
        return
    shown = readable(clean, names)
    for number, name in names.items():
        clean = clean.replace(f"@[{number}]", f"<strong>{escape(name, quote=False)}</strong>")
    assert shown.count("<") == clean.count("<")


def test_nobody_is_named_inside_of_a_tag() -> None:
    """A name could end the attribute that it stands in, and begin one that runs code."""
    clean = cleaned('<a href="https://quay.example/@[5]" title="a > @[5]">@[5]</a>')
    shown = readable(clean, {5: 'Eva" onmouseover="alert(1)'})
    assert shown == clean.replace(">@[5]<", '><strong>Eva" onmouseover="alert(1)</strong><')


@given(st.text(max_size=200))
def test_what_is_called_is_in_the_text(content: str) -> None:
    for number in mentioned(content):
        assert f"@[{number}]" in content or f"@[0{number}]" in content or str(number) in content
    for address in invited(content):
        assert address in content.lower()

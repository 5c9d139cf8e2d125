"""Placeholders and markup in text (engine 4.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.kernel.text import date_pattern, substitute, without_tags

KNOWN = {"client-name": "R&D Ltd", "empty": "", "loop": "{{client-name}}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call {{client-name}}", "Call R&D Ltd"),
        ("Call {{ client-name }}!", "Call R&D Ltd!"),
        ("{{empty}}|", "|"),
        ("{{unknown}} {{Client-Name}}", "{{unknown}} {{Client-Name}}"),
        ("{{loop}}", "{{client-name}}"),
        ("{{client-name}}{{client-name}}", "R&D LtdR&D Ltd"),
        ("{{{client-name}}}", "{R&D Ltd}"),
        ("https://x.example/?q=\ufeff{{client-name}}\u200b", "https://x.example/?q=R&D Ltd"),
        ("\u200b{{unknown}}", "\u200b{{unknown}}"),
        ("{{}} {{ }} {client-name} {{client-name", "{{}} {{ }} {client-name} {{client-name"),
    ],
)
def test_substitute(text: str, expected: str) -> None:
    assert substitute(text, KNOWN.get) == expected


@given(st.text())
def test_text_of_which_nothing_is_known_stays(text: str) -> None:
    assert substitute(text, lambda _: None) == text


@given(st.lists(st.sampled_from(["{", "}", "{{a}}", "a", " ", "{{b}}"])).map("".join))
def test_replacements_are_not_read_again(text: str) -> None:
    asked: list[str] = []

    def lookup(name: str) -> str:
        asked.append(name)
        return "{{a}}"

    assert substitute(text, lookup).count("{{a}}") >= len(asked)
    assert len(asked) <= text.count("{{")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <b>bold</b> word", "a bold word"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("x<!-- no -->y", "xy"),
        ("AT&amp;T", "AT&amp;T"),
        ("<script>alert(1)</script>", "alert(1)"),
    ],
)
def test_without_tags(text: str, expected: str) -> None:
    assert without_tags(text) == expected


def test_date_patterns() -> None:
    assert date_pattern("dd/mm/yyyy") == "%d/%m/%Y"
    assert date_pattern("mm/dd/yyyy") == date_pattern(None) == date_pattern("nonsense") == "%m/%d/%Y"

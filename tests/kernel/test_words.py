"""Slugs and percentages."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.kernel.words import rounded_percent, slug

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ("Vendor name", "48d7e1b62f9a4c05b3c06e8d91c2a9f0", "vendor-name-c2a9f0"),
        ("  Größe & Gewicht (kg)? ", "a1b2c3", "grosse-gewicht-kg-a1b2c3"),
        ("Łódź, Kraków", "x9", "lodz-krakow-x9"),
        ("注文番号", "0a1b2c3d4e", "item-2c3d4e"),
        ("already-a_slug", "", "already-a-slug"),
        ("", "", "item"),
    ],
)
def test_slug(text: str, suffix: str, expected: str) -> None:
    assert slug(text, suffix) == expected


def test_slug_is_cut_between_words() -> None:
    text = "the quick brown fox jumps over the lazy dog and then it sleeps in the sun"
    assert slug(text, "abcdef") == "the-quick-brown-fox-jumps-over-the-lazy-dog-and-then-it-abcdef"
    assert slug("x" * 200, "abcdef") == "x" * 60 + "-abcdef"


@given(st.text(), st.text())
def test_slug_is_always_a_short_slug(text: str, suffix: str) -> None:
    made = slug(text, suffix)
    assert SLUG.fullmatch(made)
    assert len(made) <= 67


@given(st.text(max_size=30), st.from_regex(r"[a-f0-9]{6}", fullmatch=True))
def test_slug_of_a_slug_keeps_its_words(text: str, suffix: str) -> None:
    words = slug(text, "")
    assert slug(words, suffix) == f"{words}-{suffix}"


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [(0, 0, 0), (3, 8, 38), (3, 10, 30), (3, 9, 33), (3, 7, 43), (6, 7, 86), (1, 8, 13), (199, 200, 99), (7, 7, 100)],
)
def test_rounded_percent_of_the_specification(done: int, total: int, expected: int) -> None:
    assert rounded_percent(done, total) == expected


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_only_all_is_a_hundred_percent(done: int, more: int) -> None:
    percent = rounded_percent(done, done + more)
    assert 0 <= percent <= 100
    assert (percent == 100) == (more == 0 and done > 0)

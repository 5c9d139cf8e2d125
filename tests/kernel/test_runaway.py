"""Texts that patterns could take the square of their length for: everybody waits while one is looked at."""

import time
from collections.abc import Callable

import pytest

from handrail.features.threads import text as threads
from handrail.kernel.html import sanitise, strip_tags
from handrail.kernel.text import placeholders, substitute, without_tags

# a comment may be as long
LENGTH = 100_000
SECONDS = 2.0


def many(unit: str) -> str:
    return unit * (LENGTH // len(unit))


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (lambda text: threads.without_addresses(text, None), many("+")),
        (lambda text: threads.without_addresses(text, None), many("+a")),
        (lambda text: threads.without_addresses(text, None), many("a")),
        (lambda text: threads.readable(text, {1: "Rui"}), many("<a")),
        (lambda text: threads.readable(text, {1: "Rui"}), many('<a "')),
        (threads.invited, many("+a")),
        (threads.invited, "+a" + many("@")),
        (placeholders, "{{" + many("\u200b")),
        (lambda text: substitute(text, lambda _: None), "{{a}}" + many("\u200b")),
        (lambda text: substitute(text, lambda _: None), many("\u200b") + "{{a}}"),
        (without_tags, many("<!--")),
        (without_tags, "-->" + many("<!--")),
        (without_tags, many("<a")),
        (sanitise, f'<a href="{many("{")}">x</a>'),
        (sanitise, f'<a href="{many("a")}">x</a>'),
        (strip_tags, many("<br ")),
    ],
)
def test_takes_a_moment(look: Callable[[str], object], text: str) -> None:
    begun = time.perf_counter()
    look(text)
    assert time.perf_counter() - begun < SECONDS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!-- <b> -->x", "x"),
        ("x<!-- <b>y", "x<!-- y"),
        ("<!--a-->x<!--b", "x<!--b"),
        ('<a title="-->">x', '">x'),
    ],
)
def test_comments_go_with_what_is_in_them(text: str, expected: str) -> None:
    assert without_tags(text) == expected


@pytest.mark.parametrize("text", ["\u200b{{a}}\u200b", "{{a}}\u200b", "\u200b\u200c{{a}}"])
def test_what_has_no_width_goes_with_the_braces(text: str) -> None:
    assert substitute(text, lambda _: "x") == "x"


@pytest.mark.parametrize("href", ["{{a}}:x", "a{{b}}{{c}}:x", "{{{{:"])
def test_a_placeholder_becomes_no_scheme(href: str) -> None:
    assert "href" not in sanitise(f'<a href="{href}">x</a>')

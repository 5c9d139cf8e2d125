"""Every decision of the specification is held by a test, and no test or module speaks of one that does not exist."""

import ast
import re
from functools import cache

import pytest

from tests.lint.decisions import COUNT, DECISIONS, LATER
from tests.lint.repository import ROOT, named, sources

_MENTIONED = re.compile(r"decisions? (\d+)((?:,? (?:and|to) \d+|, \d+)*)", re.IGNORECASE)


@cache
def named_in(file: str) -> frozenset[str]:
    """The names of the tests in a file, methods of classes included."""
    tree = ast.parse((ROOT / "tests" / file).read_text())
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_the_list_is_complete() -> None:
    assert set(DECISIONS) | set(LATER) == set(range(1, COUNT + 1))
    assert not set(DECISIONS) & set(LATER)


@pytest.mark.parametrize("number", DECISIONS)
def test_a_decision_is_held_by_tests(number: int) -> None:
    _, tests = DECISIONS[number]
    assert tests
    for test in tests:
        file, _, name = test.partition("::")
        assert name in named_in(file) or (name == "*" and named_in(file)), test


def test_only_decisions_that_exist_are_spoken_of() -> None:
    for file in sources(".py", ".md"):
        for found in _MENTIONED.finditer(file.read_text()):
            numbers = [int(found[1]), *map(int, re.findall(r"\d+", found[2]))]
            assert max(numbers) <= COUNT, f"{named(file)}: {found[0]}"

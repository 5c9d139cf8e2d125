"""The tree of routes finds what a look at every pattern would find."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.http.routing import Routes
from handrail.main import endpoints

segments = st.sampled_from(["a", "b", "runs", "tasks", "{x}", "{y}", "users-list", "1"])
patterns = st.lists(segments, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
paths = st.lists(st.sampled_from(["a", "b", "runs", "tasks", "7", "", "ü", "{x}", "users-list", "1"]), max_size=5).map(
    lambda parts: "/" + "/".join(parts)
)


def shape(pattern: str) -> str:
    """Patterns that differ in the names of their parameters only fit the same paths."""
    return re.sub(r"\{\w+\}", "{}", pattern)


def expected(pattern: str, path: str) -> list[str] | None:
    """The texts of the parameters when the pattern fits the path."""
    wanted, given_ = pattern.strip("/").split("/"), path.strip("/").split("/")
    if len(wanted) != len(given_):
        return None
    texts: list[str] = []
    for want, have in zip(wanted, given_, strict=True):
        if want.startswith("{"):
            if not have:
                return None
            texts.append(have)
        elif want != have:
            return None
    return texts


def preference(pattern: str) -> list[bool]:
    """Literal segments come before parameters, from left to right."""
    return [segment.startswith("{") for segment in pattern.strip("/").split("/")]


@given(st.lists(patterns, max_size=12, unique_by=shape), paths)
def test_tree_agrees_with_a_look_at_every_pattern(table: list[str], path: str) -> None:
    routes = Routes({pattern: pattern for pattern in table})
    fitting = sorted((pattern for pattern in table if expected(pattern, path) is not None), key=preference)
    found = routes.find(path)
    if not fitting:
        assert found is None
        return
    assert found is not None
    pattern, parameters = found
    assert pattern == fitting[0]
    names = [segment[1:-1] for segment in pattern.strip("/").split("/") if segment.startswith("{")]
    texts = expected(pattern, path)
    assert texts is not None
    assert parameters == dict(zip(names, texts, strict=True))


@pytest.mark.parametrize("path", ["", "/", "//", "/a//b", "/a/b/c/d/e/f"])
def test_odd_paths_are_found_or_not_but_never_fail(path: str) -> None:
    routes = Routes({"/": "root", "/{x}/b": "two"})
    found = routes.find(path)
    assert (found is not None) is (path.strip("/") == "")


def test_literal_wins_and_the_parameter_still_gets_its_turn() -> None:
    routes = Routes({"/tasks/mine": "literal", "/tasks/{task}": "one", "/tasks/{task}/owners": "owners"})
    assert routes.find("/tasks/mine") == ("literal", {})
    assert routes.find("/tasks/7") == ("one", {"task": "7"})
    assert routes.find("/tasks/mine/owners") == ("owners", {"task": "mine"})


def test_every_declared_endpoint_is_found_at_its_path() -> None:
    table = {endpoint.path: endpoint.path for endpoint in endpoints()}
    routes = Routes(table)
    for path in table:
        names = re.findall(r"\{(\w+)\}", path)
        concrete = re.sub(r"\{(\w+)\}", r"<\1>", path)
        assert routes.find(concrete) == (path, {name: f"<{name}>" for name in names})

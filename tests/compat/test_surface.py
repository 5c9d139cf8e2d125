"""No method of the client is forgotten: each is driven by a test here or belongs to a resource of later."""

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest
import tallyfy
from tallyfy import TallyfySDK

from tests.compat.surface import COVERED, LATER, LOCAL

HERE = Path(__file__).parent


def public(thing: Any) -> set[str]:
    return {name for name, _ in inspect.getmembers(thing, callable) if not name.startswith("_")}


@pytest.fixture(scope="module")
def client() -> TallyfySDK:
    sdk = TallyfySDK(api_key="nothing", base_url="http://127.0.0.1:1")
    sdk.session.close()
    return sdk


def managers(client: TallyfySDK) -> dict[str, Any]:
    return {name: value for name, value in vars(client).items() if type(value).__module__.startswith("tallyfy")}


def test_client_is_the_released_one() -> None:
    assert tallyfy.__version__ == "3.1.0"


def test_every_method_is_in_one_list(client: TallyfySDK) -> None:
    for name, manager in managers(client).items():
        covered, later = COVERED.get(name, set()), LATER.get(name, set())
        assert not covered & later
        assert public(manager) == covered | later, f"{name}: methods that are in no list, or no longer exist"
    assert set(COVERED) | set(LATER) == set(managers(client))


def test_methods_of_the_client_itself_are_those_of_its_managers(client: TallyfySDK) -> None:
    known = LOCAL.union(*COVERED.values(), *LATER.values())
    assert public(client) <= known


def test_covered_methods_are_called() -> None:
    called: set[str] = set()
    for file in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called.add(node.func.attr)
    missing = {f"{manager}.{name}" for manager, names in COVERED.items() for name in names - called}
    assert missing == set()

"""Imports run one way, and no feature reaches into another one's tables or wire."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.lint.repository import ROOT, named

FEATURES = ROOT / "src/handrail/features"
# The SQL of a noun, its public JSON and its handlers are its own; others ask its service.
PRIVATE = {"store", "wire", "routes"}


def test_imports_run_one_way() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    check = subprocess.run([program, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


def imported_modules(module: ast.Module) -> set[str]:
    """The dotted names a module imports; of `from a import b` also `a.b`, which may be a module."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def trespasses(feature: str, module: ast.Module) -> set[str]:
    """What a module of this feature imports of the private parts of others."""
    found: set[str] = set()
    for name in imported_modules(module):
        parts = name.split(".")
        if parts[:2] == ["handrail", "features"] and parts[2:3] != [feature] and PRIVATE & set(parts[3:4]):
            found.add(name)
    return found


def test_lint_sees_a_trespass() -> None:
    code = "from handrail.features.tasks import store, service\nfrom handrail.features.tags.wire import Tag\n"
    seen = trespasses("processes", ast.parse(code))
    assert "handrail.features.tasks.store" in seen
    assert "handrail.features.tags.wire" in seen
    assert "handrail.features.tasks.service" not in seen


def test_features_keep_out_of_the_private_parts_of_others() -> None:
    found = {
        named(file): trespasses(file.relative_to(FEATURES).parts[0], ast.parse(file.read_text()))
        for file in sorted(Path(FEATURES).glob("*/**/*.py"))
    }
    assert {name: parts for name, parts in found.items() if parts} == {}

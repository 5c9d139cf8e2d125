"""One concept a file: source files are short and say at their top what they are for."""

import ast

from tests.lint.repository import named, sources

LONGEST = 600


def test_no_source_file_is_longer_than_one_concept() -> None:
    lengths = {named(file): len(file.read_text().splitlines()) for file in sources(".py", ".ts", ".tsx", ".css")}
    assert len(lengths) > 20
    generated = {name for name in lengths if name.endswith(".d.ts") or "/migrations/" in name}
    assert {name: length for name, length in lengths.items() if length > LONGEST and name not in generated} == {}


def test_every_module_starts_with_a_docstring() -> None:
    modules = {named(file): ast.parse(file.read_text()) for file in sources(".py")}
    assert [name for name, module in modules.items() if module.body and not ast.get_docstring(module)] == []

"""What the documents claim of settings, commands, limits and calls is what the program has."""

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.cli.commands import app
from handrail.engine import limits
from handrail.engine.definitions import FIELD_OPERATIONS, FIELD_TYPES, STEP_OPERATIONS, STEP_TYPES, TIME_CLAUSES, VERBS
from handrail.features.templates import heads
from handrail.main import endpoints
from handrail.settings import SETTINGS, Settings
from tests.docs.markdown import Document, documents
from tests.lint.repository import ROOT

ARCHITECTURE = Document(ROOT / "docs/architecture.md")
OPERATING = Document(ROOT / "docs/guides/operating.md")
TEMPLATES = Document(ROOT / "docs/guides/templates.md")
README = Document(ROOT / "README.md")
GUIDES = [document for document in documents() if document.name != "CONTRIBUTING.md"]
# a call as the documents write it: a method and a path, maybe with the organization left out
_CALL = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`\s?]*|…/[^`\s?]*)[^`]*`")


def rows(document: Document) -> Iterator[list[str]]:
    """The cells of every table row."""
    for line in document.lines:
        if line.startswith("|") and not line.startswith("|-"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def shown(value: object) -> str:
    """A default as the tables write it."""
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return "" if value in (None, "") else f"`{value}`"


def settings_table() -> list[list[str]]:
    """The table of settings as the program has them."""
    fields = {name: getattr(Settings(data=ROOT / "data"), name) for name in SETTINGS}
    fields["data"] = "data"
    return [
        [f"`HANDRAIL_{name.upper()}`", shown(fields[name]), setting.allowed, setting.meaning]
        for name, setting in SETTINGS.items()
    ]


def test_settings_are_all_described() -> None:
    described = [row for row in rows(OPERATING) if row[0].startswith("`HANDRAIL_")]
    assert described == settings_table()


def test_settings_named_anywhere_exist() -> None:
    known = {f"HANDRAIL_{name.upper()}" for name in SETTINGS} | {
        "HANDRAIL_CONFIG",
        "HANDRAIL_TEST_CHROMIUM",
        "HANDRAIL_TEST_POSTGRES_URL",
    }
    for document in documents():
        named = set(re.findall(r"HANDRAIL_[A-Z_]*[A-Z]", "\n".join(document.lines)))
        assert named <= known, document.name


def test_readme_has_the_defaults_right() -> None:
    described = {row[0]: row[1] for row in rows(README) if row[0].startswith("`HANDRAIL_")}
    wanted = {row[0]: row[1] for row in settings_table()}
    assert described
    assert {name: default for name, default in described.items() if wanted.get(name) != default} == {}


def test_configuration_files_have_only_settings() -> None:
    files = [fence for document in GUIDES for fence in document.fences if fence.language == "toml"]
    assert files
    for fence in files:
        assert set(tomllib.loads(fence.text)) <= set(SETTINGS)


def test_commands_are_all_described() -> None:
    known = {name for name in app if not name.startswith("-")}
    described = {
        row[0].strip("`").removeprefix("handrail ") for row in rows(OPERATING) if row[0].startswith("`handrail ")
    }
    assert described == known


def test_demo_of_the_samples_is_what_make_run_starts() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "\n\t@$(BIN)/handrail demo --data data $(ARGS)\n" in makefile


def test_limits_of_templates_are_the_engine_s() -> None:
    found = {row[0]: row[1] for row in rows(TEMPLATES) if len(row) == 2}
    for what, limit in (
        ("title of a template", heads.TITLE),
        ("title of a step, label of a field, text of an option", limits.STEP_TITLE),
        ("summary of a step", limits.SUMMARY),
        ("steps", limits.STEPS),
        ("fields in one form", limits.FIELDS),
        ("options of a field", limits.OPTIONS),
        ("columns of a table", limits.COLUMNS),
        ("stages", limits.STAGES),
        ("rules", limits.RULES),
        ("conditions, and actions, of a rule", limits.CONDITIONS),
    ):
        assert found[what].removesuffix(" characters") == f"{limit:,}", what
    assert limits.STEP_TITLE == limits.LABEL == limits.OPTION_TEXT
    assert limits.CONDITIONS == limits.ACTIONS


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_rules_are_described_with_the_engine_s_words() -> None:
    found = {row[0]: words(row[1]) for row in rows(TEMPLATES) if len(row) == 2}
    assert found["a field (`Capture`, `Prerun`)"] == list(FIELD_OPERATIONS)
    assert set(found["a step (`Step`)"]) == {*STEP_OPERATIONS, *TIME_CLAUSES, "statement"}
    for kind, verbs in VERBS.items():
        assert found[f"`{kind}`"][: len(verbs)] == list(verbs)


def test_types_of_steps_and_fields_are_all_described() -> None:
    first = [row[0] for row in rows(TEMPLATES)]
    steps, fields = first.index("`step_type`"), first.index("`field_type`")
    assert first[steps + 1 : steps + 1 + len(STEP_TYPES)] == [f"`{name}`" for name in STEP_TYPES]
    assert set(first[fields + 1 : fields + 1 + len(FIELD_TYPES)]) == {f"`{name}`" for name in FIELD_TYPES}


def test_layers_are_those_that_the_linter_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (layers,) = (
        contract["layers"] for contract in project["tool"]["importlinter"]["contracts"] if "layers" in contract
    )
    assert ARCHITECTURE.fences[0].text.splitlines() == layers


def test_numbers_of_the_architecture_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(ARCHITECTURE) if row[0].startswith("`handrail.")}
    assert len(told) > 5
    found = {}
    for name in told:
        module, _, constant = name.rpartition(".")
        found[name] = str(getattr(importlib.import_module(module), constant))
    assert told == found


def test_paths_named_in_the_architecture_exist() -> None:
    text = "\n".join(ARCHITECTURE.lines)
    sources = set(re.findall(r"`((?:http|kernel|ports|engine|features)/[\w/]+\.py|settings\.py)`", text))
    assert len(sources) > 8
    assert [name for name in sources if not (ROOT / "src/handrail" / name).is_file()] == []
    folders = {row[0].strip("`") for row in rows(ARCHITECTURE) if row[0].startswith("`tests/")}
    assert folders == {f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if is_suite(path)}


def is_suite(path: Path) -> bool:
    return path.is_dir() and path.name not in ("support", "__pycache__") and any(path.glob("**/test_*.py"))


def pattern(path: str) -> re.Pattern[str]:
    """An endpoint's path with the organization optional; names of parameters are up to the document."""
    path = path.removeprefix("/organizations/{org}")
    return re.compile(r"(?:/api)?(?:/organizations/\{org\})?" + re.sub(r"\\\{\w+\\\}", r"\\{\\w+\\}", re.escape(path)))


KNOWN = [(method, pattern(e.path), e.path) for e in endpoints() for method in (e.method, *e.aliases)]
PAGES = {("GET", "/health"), ("GET", "/api/docs"), ("GET", "/api/openapi.json")}


def is_known(method: str, path: str) -> bool:
    if (method, path) in PAGES:
        return True
    if path.startswith("…/"):
        ending = re.compile(".*" + re.sub(r"\\\{\w+\\\}", r"\\{\\w+\\}", re.escape(path[1:])))
        return any(method == known and ending.fullmatch(whole) for known, _, whole in KNOWN)
    return any(method == known and found.fullmatch(path) for known, found, _ in KNOWN)


@pytest.mark.parametrize("document", GUIDES, ids=[document.name for document in GUIDES])
def test_calls_named_in_the_text_exist(document: Document) -> None:
    outside = [(number, document.lines[number - 1]) for number, _ in document.prose]
    unknown = [
        f"{document.name}:{number}: {method} {path}"
        for number, line in outside
        for method, path in _CALL.findall(line)
        if not is_known(method, path)
    ]
    assert unknown == []


def test_unknown_calls_are_noticed() -> None:
    assert is_known("POST", "/runs/{run}/completed-tasks")
    assert is_known("POST", "…/steps/{step}/clone")
    assert not is_known("POST", "/runs/{run}/finished-tasks")
    assert not is_known("DELETE", "/runs")

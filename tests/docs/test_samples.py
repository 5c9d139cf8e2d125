"""Every sample in a document is carried out, in order, against the demo that the reader would have started."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs.answers import json_differences, text_differences
from tests.docs.markdown import Document, Fence, documents
from tests.docs.walk import DATABASE, PROGRAMS, demo, install_curl, prepare, walk


def runs(document: Document) -> bool:
    """Whether there is anything in it to carry out."""
    return any(fence.language in PROGRAMS and fence.mark("not run") is None for fence in document.fences)


ALL = documents()


def names(chosen: Sequence[Document]) -> list[str]:
    return [document.name for document in chosen]


WALKED = [document for document in ALL if runs(document)]


def needs_database(document: Document) -> bool:
    return any(DATABASE in fence.text and fence.mark("not run") is None for fence in document.fences)


@pytest.mark.parametrize("document", WALKED, ids=names(WALKED))
def test_document_does_what_it_says(document: Document, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    prepare(tmp_path)
    before = shown(tmp_path)
    database = request.getfixturevalue("fresh_postgres") if needs_database(document) else DATABASE
    with demo(tmp_path) as address:
        walk(document, tmp_path, address, database)
    assert shown(tmp_path) == before | {"data"}, "readers find everything they have made in `data`"


def shown(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_documents_are_carried_out_without_curl_too(tmp_path: Path) -> None:
    prepare(tmp_path)
    if not (tmp_path / ".programs").exists():
        install_curl(tmp_path)
    (document,) = (document for document in WALKED if document.name == "docs/guides/api-conventions.md")
    with demo(tmp_path) as address:
        walk(document, tmp_path, address)


def unexplained(fence: Fence) -> bool:
    """JSON that is neither an answer nor a file, and code that is left out without a reason."""
    if fence.mark("not run") == "":
        return True
    known = fence.mark("not run") is not None or fence.has("answer") or fence.mark("file") is not None
    return fence.language == "json" and not known


@pytest.mark.parametrize("document", ALL, ids=names(ALL))
def test_every_block_is_run_or_compared_or_says_why_not(document: Document) -> None:
    assert [fence.line for fence in document.fences if unexplained(fence)] == []
    marks = {mark.partition(":")[0] for fence in document.fences for mark in fence.marks}
    assert marks <= {"not run", "fails", "answer", "file"}


def test_walk_notices_what_is_not_as_it_is_written(tmp_path: Path) -> None:
    prepare(tmp_path)
    page = tmp_path / "page.md"
    for text, complaint in (
        ("```bash\nexit 3\n```", "ends with 3"),
        ("<!-- fails -->\n```bash\ntrue\n```", "should fail"),
        ('```bash\necho \'{"a": 1}\'\n```\n<!-- answer -->\n```json\n{"a": 2}\n```', "is 1, not 2"),
        ('```python\nprint("one")\n```\n<!-- answer -->\n```text\ntwo\n```', "the output is"),
        ("```js\nthrow new Error('no');\n```", "Error: no"),
    ):
        page.write_text(text)
        folder = tmp_path / f"walk{abs(hash(text))}"
        folder.mkdir()
        with pytest.raises(AssertionError, match=complaint):
            walk(Document(page), folder, "http://127.0.0.1:1")


def test_answers_may_leave_things_out() -> None:
    answered = '{"data": [{"id": "01a2030054d770d8a585e8c9a8b4f4a0", "n": 1}, {"n": 2}], "meta": 5}'
    shown = '{"data": [{"id": "0f6b2d8e41c94a7da5e3b9c017f4682e"}, "…"]}'
    assert json_differences(shown, answered) == []
    assert json_differences('{"data": [{"n": 1}]}', answered) == ["$.data has 2 entries, not 1"]
    assert json_differences('{"data": "…", "gone": null}', answered) == ["$.gone is not in the answer"]
    assert json_differences('{"meta": true}', '{"meta": 1}') == ["$.meta is 1, not True"]
    assert text_differences("one\n…\nlast is …", "one\ntwo\nthree\nlast is here\n") == []
    assert text_differences("one\nlast", "one\ntwo\nlast") != []

"""Links between documents lead somewhere, and every document can be found."""

from pathlib import Path

import pytest

from tests.docs.markdown import Document, documents
from tests.lint.repository import ROOT

ALL = documents()


def broken(document: Document) -> list[str]:
    """Links to files that are not there, and to headings that nobody wrote."""
    found: list[str] = []
    for line, target in document.links:
        if target.startswith(("https://", "http://127.0.0.1:8000", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (document.path.parent / name).resolve() if name else document.path
        if not path.exists() or (name and not path.is_relative_to(ROOT)):
            found.append(f"{document.name}:{line}: there is no {target}")
        elif anchor and path.suffix == ".md" and anchor not in Document(path).anchors:
            found.append(f"{document.name}:{line}: {name or 'this page'} has no heading #{anchor}")
    return found


@pytest.mark.parametrize("document", ALL, ids=[document.name for document in ALL])
def test_links_lead_somewhere(document: Document) -> None:
    assert broken(document) == []


def test_broken_links_are_noticed(tmp_path: Path) -> None:
    written = tmp_path / "page.md"
    written.write_text("# One\n\n[a](#one) [b](#two) [c](missing.md) `[d](gone.md)`\n")
    assert [text.rpartition(": ")[2] for text in broken(Document(written))] == [
        "this page has no heading #two",
        "there is no missing.md",
    ]


def test_every_document_is_linked_from_the_index() -> None:
    index = Document(ROOT / "docs/README.md")
    linked = {(index.path.parent / target.partition("#")[0]).resolve() for _, target in index.links}
    assert [document.name for document in ALL if document.path not in {*linked, index.path}] == []


def test_every_picture_is_used() -> None:
    used = {
        (document.path.parent / target).resolve()
        for document in ALL
        for _, target in document.links
        if "://" not in target
    }
    pictures = [path for path in (ROOT / "docs/images").iterdir() if path.suffix in (".svg", ".png")]
    assert pictures
    assert [path.name for path in pictures if path not in used] == []

"""Reads the documents: their fenced blocks with the marks above them, headings and links.

A mark is an HTML comment on the lines right above a fence; readers of the page do not see it:

    <!-- not run: why -->      nobody runs this block (bash, python, js) or compares it (json)
    <!-- fails -->             the block must end with an error
    <!-- answer -->            what the block before printed, and those right above it; see `answers`
    <!-- file: name -->        the text is saved under this name in the working directory
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.lint.repository import ROOT, named

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_MARK = re.compile(r"<!--\s*(.*?)\s*-->")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_CODE = re.compile(r"`+[^`]*`+")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_ATTRIBUTE = re.compile(r"\b(?:href|src|srcset)=\"([^\"]+)\"")


@dataclass(frozen=True)
class Fence:
    """One fenced block. `line` is where its fence begins."""

    language: str
    text: str
    line: int
    marks: tuple[str, ...]

    @property
    def end(self) -> int:
        """The line of the closing fence."""
        return self.line + (self.text.count("\n") + 1 if self.text else 0) + 1

    def has(self, mark: str) -> bool:
        return mark in self.marks

    def mark(self, name: str) -> str | None:
        """The text of the mark `name: text`, or None."""
        for mark in self.marks:
            head, colon, tail = mark.partition(":")
            if colon and head == name:
                return tail.strip()
        return None


@dataclass(frozen=True)
class Document:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        return named(self.path) if self.path.is_relative_to(ROOT) else self.path.name

    @cached_property
    def lines(self) -> list[str]:
        return self.path.read_text().splitlines()

    @cached_property
    def fences(self) -> list[Fence]:
        return list(self._fences())

    def _fences(self) -> Iterator[Fence]:
        begun: tuple[str, str, int, tuple[str, ...]] | None = None
        text: list[str] = []
        for number, line in enumerate(self.lines, start=1):
            found = _FENCE.match(line)
            if begun is None:
                if found is not None:
                    begun = found[1], found[2].strip(), number, self._marks_above(number)
                    text = []
            elif found is not None and found[1].startswith(begun[0]) and not found[2].strip():
                yield Fence(begun[1], "\n".join(text), begun[2], begun[3])
                begun = None
            else:
                text.append(line)
        assert begun is None, f"{self.name}:{begun[2]}: this fence is never closed"

    def _marks_above(self, number: int) -> tuple[str, ...]:
        marks: list[str] = []
        for line in reversed(self.lines[: number - 1]):
            found = _MARK.fullmatch(line.strip())
            if found is None:
                break
            marks.insert(0, found[1])
        return tuple(marks)

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """The numbered lines outside of fences, without code spans."""
        found: list[tuple[int, str]] = []
        inside = ""
        for number, line in enumerate(self.lines, start=1):
            fence = _FENCE.match(line)
            if fence is not None and not inside:
                inside = fence[1]
            elif fence is not None and fence[1].startswith(inside) and not fence[2].strip():
                inside = ""
            elif not inside:
                found.append((number, _CODE.sub("", line)))
        return found

    @cached_property
    def anchors(self) -> set[str]:
        """What a link to a heading may name, as code hosts make it from the heading's text."""
        found: set[str] = set()
        outside = {number for number, _ in self.prose}
        for number, line in enumerate(self.lines, start=1):
            heading = _HEADING.match(line) if number in outside else None
            if heading is None:
                continue
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[2])
            anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
            copies = 0
            while (unique := anchor if not copies else f"{anchor}-{copies}") in found:
                copies += 1
            found.add(unique)
        return found

    @property
    def links(self) -> Iterator[tuple[int, str]]:
        """Every link's target with its line."""
        for number, line in self.prose:
            for target in (*_LINK.findall(line), *_ATTRIBUTE.findall(line)):
                yield number, target


def documents() -> list[Document]:
    """Everything written for the people who use Handrail."""
    paths = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", ROOT / "examples/README.md"]
    return [Document(path) for path in (*paths, *sorted((ROOT / "docs").rglob("*.md")))]

"""Finds what serves a path: a tree of segments, literal ones before `{parameters}`.

A request costs one dictionary look-up per segment, however many routes there are.
"""

from collections.abc import Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class _Node(Generic[T]):
    __slots__ = ("literal", "name", "parameter", "value")

    def __init__(self) -> None:
        self.literal: dict[str, _Node[T]] = {}
        self.parameter: _Node[T] | None = None
        self.name: str | None = None
        self.value: tuple[T, tuple[str, ...]] | None = None


class Routes(Generic[T]):
    """A path pattern like `/organizations/{org}/runs` leads to a value."""

    def __init__(self, table: Mapping[str, T]) -> None:
        self._root: _Node[T] = _Node()
        for pattern, value in table.items():
            self._add(pattern, value)

    def _add(self, pattern: str, value: T) -> None:
        node = self._root
        names: list[str] = []
        for segment in pattern.strip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literal.setdefault(segment, _Node())
        node.value = (value, tuple(names))

    def find(self, path: str) -> tuple[T, dict[str, str]] | None:
        """The value for a path, and its parameters by name; None when nothing serves it.

        Where a literal and a parameter both fit, the literal is tried first and the parameter still gets its turn.
        """
        segments = path.strip("/").split("/")
        node: _Node[T] = self._root
        texts: list[str] = []
        for segment in segments:
            child = node.literal.get(segment)
            if child is None:
                child = node.parameter
                if child is None or not segment:
                    return self._found_otherwise(segments)
                texts.append(segment)
            node = child
        if node.value is None:
            return self._found_otherwise(segments)
        value, names = node.value
        return value, dict(zip(names, texts, strict=True))

    def _found_otherwise(self, segments: list[str]) -> tuple[T, dict[str, str]] | None:
        """The same by every way, where that which takes the literals first leads nowhere."""
        walked = self._walk(self._root, segments, 0, ())
        if walked is None:
            return None
        (value, names), texts = walked
        return value, dict(zip(names, texts, strict=True))

    def _walk(
        self, node: _Node[T], segments: list[str], index: int, texts: tuple[str, ...]
    ) -> tuple[tuple[T, tuple[str, ...]], tuple[str, ...]] | None:
        """The same with all choices, where the literal one led nowhere."""
        if index == len(segments):
            return None if node.value is None else (node.value, texts)
        segment = segments[index]
        child = node.literal.get(segment)
        if child is not None:
            found = self._walk(child, segments, index + 1, texts)
            if found is not None:
                return found
        if node.parameter is not None and segment:
            return self._walk(node.parameter, segments, index + 1, (*texts, segment))
        return None

"""Whatever is sent as a body: it is decoded, or refused with an answer that says what is wrong."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from handrail.features.processes.wire import LaunchBody
from handrail.http.body import decode
from handrail.kernel.errors import Invalid, Problem
from handrail.main import endpoints
from tests.http.probe import Body, Required

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
KINDS: list[type] = [Body, Required, *dict.fromkeys(endpoint.body for endpoint in endpoints() if endpoint.body)]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["true", "1", "", "2027-03-09", "\x00", "a\\u0000", "1e400"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def names_of(kind: type) -> st.SearchStrategy[str]:
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return st.sampled_from(names) | st.text(max_size=6) if names else st.text(max_size=6)


def decoded(raw: bytes, content_type: str, kind: type, *, strict: bool) -> Any:
    """The decoded body; None when it was refused the way it should be."""
    try:
        return decode(raw, content_type, kind, form=True, strict=strict)
    except Problem as problem:
        assert problem.status in (400, 422)
        assert problem.message
        if isinstance(problem, Invalid):
            assert problem.errors
            assert all(path and texts and all(texts) for path, texts in problem.errors.items())
        return None


@given(st.binary(max_size=64), st.sampled_from([JSON, FORM, "", "text/plain"]), st.booleans())
@example(b'{"a":' * 50_000, JSON, False)
@example(b"[" * 50_000, JSON, True)
@example(b'{"anything":"\\ud800"}', JSON, False)
@example(b'{"unknown":"\\ud800"}', JSON, False)
@example(b'{"ratio":1e999}', JSON, False)
@example(b'{"number":' + b"9" * 5000 + b"}", JSON, False)
@example(b"title=%ff&count=1&%00=", FORM, False)
@example(b"title=\xff", FORM, False)
def test_arbitrary_bytes_are_decoded_or_refused(raw: bytes, content_type: str, strict: bool) -> None:
    for kind in (Body, Required):
        found = decoded(raw, content_type, kind, strict=strict)
        assert found is None or isinstance(found, kind)


@given(st.data(), st.booleans())
def test_arbitrary_objects_are_decoded_or_refused(data: st.DataObject, strict: bool) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    body = data.draw(st.dictionaries(names_of(kind), values, max_size=6))
    found = decoded(msgspec.json.encode(body), JSON, kind, strict=strict)
    if found is not None:
        assert isinstance(found, kind)
        msgspec.json.encode(found)


@given(st.data())
def test_damaged_objects_are_decoded_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    raw = bytearray(msgspec.json.encode(data.draw(st.dictionaries(names_of(kind), values, min_size=1, max_size=4))))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + 1] = data.draw(st.binary(max_size=3))
    decoded(bytes(raw), JSON, kind, strict=data.draw(st.booleans()))


@given(st.dictionaries(names_of(Body), values, max_size=6))
def test_strict_mode_takes_nothing_that_the_usual_mode_refuses(body: dict[str, Any]) -> None:
    raw = msgspec.json.encode(body)
    usual, strict = decoded(raw, JSON, Body, strict=False), decoded(raw, JSON, Body, strict=True)
    assert strict is None or strict == usual
    if strict is not None:
        assert set(body) <= {field.encode_name for field in msgspec.structs.fields(Body)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_body_of_the_application_can_be_decoded(kind: type) -> None:
    decoded(b"", JSON, kind, strict=True)
    decoded(b'{"nonsense": 1}', JSON, kind, strict=False)


def complaints(raw: bytes, kind: type = Body) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        decode(raw, JSON, kind, form=True, strict=False)
    return refused.value.errors


@pytest.mark.parametrize(
    ("raw", "path", "text"),
    [
        (b'{"title": 5}', "title", "This must be text, not a whole number."),
        (b'{"title": null}', "title", "This must be text, not null."),
        (b'{"title": "' + b"x" * 21 + b'"}', "title", "This may have at most 20 characters."),
        (b'{"number": "many"}', "number", "This must be a whole number, not text."),
        (b'{"number": 1001}', "number", "This must be 1000 or less."),
        (b'{"number": -1}', "number", "This must be 0 or more."),
        (b'{"ratio": []}', "ratio", "This must be a number or null, not a list."),
        (b'{"flag": "perhaps"}', "flag", "This must be true or false, not text."),
        (b'{"words": {}}', "words", "This must be a list, not an object."),
        (b'{"inner": true}', "inner", "This must be an object or null, not a boolean."),
    ],
)
def test_what_is_wrong_is_said_in_words(raw: bytes, path: str, text: str) -> None:
    assert complaints(raw) == {path: [text]}


class Shelf(msgspec.Struct):
    """Objects in every place that one can have."""

    one: Body | UnsetType | None = UNSET
    many: list[Body] = []
    named: dict[str, Body] = {}
    either: dict[str, Any] | list[Any] = {}
    words: list[str] = []
    needy: Required | None = None


@pytest.mark.parametrize("strict", [True, False])
def test_an_empty_list_is_an_empty_object_where_only_one_of_those_belongs(strict: bool) -> None:
    raw = b'{"one": [], "many": [[], {}], "named": {"a": []}, "either": [], "words": []}'
    found = decode(raw, JSON, Shelf, form=False, strict=strict)
    assert found == Shelf(one=Body(), many=[Body(), Body()], named={"a": Body()}, either=[], words=[])
    assert decode(b'{"named": []}', JSON, Shelf, form=False, strict=strict).named == {}
    assert set(complaints(b'{"needy": []}', Shelf)) == {"needy.title", "needy.count"}
    assert complaints(b'{"one": ["a"]}', Shelf) == {"one": ["This must be an object or null, not a list."]}


def test_strict_mode_finds_unknown_keys_in_objects_in_lists_and_maps() -> None:
    raw = b'{"one": {"x": 1}, "many": [{}, {"y": 1}], "named": {"a": {"z": 1}}, "either": {"w": {}}}'
    with pytest.raises(Invalid) as refused:
        decode(raw, JSON, Shelf, form=False, strict=True)
    assert set(refused.value.errors) == {"one.x", "many.1.y", "named.a.z"}


def test_every_wrong_part_of_lists_and_objects_is_named() -> None:
    raw = b'{"words": [1, "a", null], "inner": {"label": 2}, "entries": [{"count": "x"}, 3, {"count": 1}, {}]}'
    assert set(complaints(raw)) == {
        "words.0",
        "words.2",
        "inner.count",
        "inner.label",
        "entries.0.count",
        "entries.1",
        "entries.3.count",
    }


def test_a_key_that_somebody_chose_is_part_of_the_path() -> None:
    assert set(complaints(b'{"checklist_id": "a", "tasks": {"zzz": 1}}', LaunchBody)) == {"tasks.zzz"}


def test_a_long_list_is_not_answered_with_a_longer_one() -> None:
    assert len(complaints(b'{"words": [' + b"1," * 5000 + b"1]}")) == 100

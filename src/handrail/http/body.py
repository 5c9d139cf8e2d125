"""Request bodies: JSON or form to typed structs; every field that is wrong is named, with what would be right.

Decoding is lenient the way clients of the wire need it (`"40817"` for an integer, `"true"` or 1 for a boolean, `[]` for
an object without keys), an empty body is `{}`, and unknown keys are dropped, or refused when the caller asks for
strictness (wire 0.2, 0.9).
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from handrail.http.wording import worded
from handrail.kernel.errors import Errors, Invalid, Refused

# wrong entries of a list or an object that are named
NAMED = 100
_PATH = re.compile(r" - at `\$(.*)`$")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_KEY = re.compile(r"\[(\d+)\]|\[\.\.\.\]")


@lru_cache(maxsize=512)
def _decoder(kind: type) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(kind, strict=False).decode


def decode(
    raw: bytes,
    content_type: str,
    kind: type,
    *,
    form: bool,
    strict: bool,
    texts: tuple[tuple[str, str], ...] = (),
) -> Any:
    """The body as a `kind`. Raises Refused (400) when it is not JSON, Invalid (422) when it does not fit."""
    for media_type, key in texts:
        if content_type.startswith(media_type):
            return _convert({key: _text(raw)}, kind, strict=strict)
    if form and content_type.startswith("application/x-www-form-urlencoded"):
        text = _text(raw)
        if "%00" in text:
            raise Invalid({"body": "The character U+0000 cannot be stored; leave it out."})
        pairs = dict(parse_qsl(text, keep_blank_values=True))
        return _convert(pairs, kind, strict=strict)
    if not raw or raw.isspace():
        raw = b"{}"
    elif raw == b"[]":
        raw = b"{}"  # how PHP clients write an empty object
    if b"\\u0000" in raw and _NUL.search(raw):
        raise Invalid({"body": "The character U+0000 cannot be stored; leave it out."})
    try:
        body = _decoder(kind)(raw)
    except msgspec.ValidationError:
        return _convert(_json(raw), kind, strict=strict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _json(raw)
        raise
    if strict:
        refuse_unknown(_json(raw), kind)
    return body


def _text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Refused("The body is not valid UTF-8.", code="INVALID_BODY") from error
    if "\x00" in text:
        raise Invalid({"body": "The character U+0000 cannot be stored; leave it out."})
    return text


def _json(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except RecursionError as error:
        raise Refused("The body is nested too deeply.", code="INVALID_BODY") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(
            f"The body is not valid JSON: {error}. Send an object, with Content-Type: application/json.",
            code="INVALID_BODY",
        ) from error


def _convert(data: Any, kind: Any, *, strict: bool) -> Any:
    """Convert decoded data field by field, so that all wrong fields are named and not only the first."""
    if not isinstance(data, Mapping):
        raise Invalid({"body": f"The body must be a JSON object, not {_word(data)}."})
    data = _with_objects(data, kind)
    if strict:
        refuse_unknown(data, kind)
    errors = Errors()
    _check(data, kind, "", errors)
    errors.raise_if_any()
    return msgspec.convert(data, kind, strict=False)


def _with_objects(data: Any, kind: Any) -> Any:
    """The data with `{}` for `[]` where an object belongs and no list: PHP clients write an empty map like that."""
    options = _options(kind)
    struct = next(filter(None, map(_struct, options)), None)
    values, entries = _inside(options, dict), _inside(options, list)
    if data == [] and entries is None and (struct is not None or values is not None):
        return {}
    if isinstance(data, Mapping):
        given = cast("Mapping[str, Any]", data)
        if struct is not None:
            kinds = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
            return {key: _with_objects(value, kinds.get(key)) for key, value in given.items()}
        if values is not None:
            return {key: _with_objects(value, values) for key, value in given.items()}
    if isinstance(data, list) and entries is not None:
        return [_with_objects(value, entries) for value in cast("list[Any]", data)]
    return cast("Any", data)


def _check(data: Any, kind: Any, path: str, errors: Errors) -> bool:
    """Note everything that is wrong with the data; whether anything is."""
    wrong = 0
    options = _options(kind)
    if isinstance(data, Mapping):
        given = cast("Mapping[str, Any]", data)
        struct = next(filter(None, map(_struct, options)), None)
        if struct is not None:
            for field in msgspec.structs.fields(struct):
                if field.encode_name in given:
                    wrong += _check(given[field.encode_name], field.type, _join(path, field.encode_name), errors)
                elif field.required:
                    errors.add(_join(path, field.encode_name), f"The {field.encode_name} field is required.")
                    wrong += 1
            return bool(wrong)
        inner, parts = _inside(options, dict), given.items()
    else:
        inner = _inside(options, list) if isinstance(data, list) else None
        parts = enumerate(cast("list[Any]", data)) if isinstance(data, list) else ()
    if inner is not None:
        for key, value in parts:
            if wrong < NAMED:
                wrong += _check(value, inner, _join(path, str(key)), errors)
    return bool(wrong) or _misfits(data, kind, path, errors)


def _misfits(data: Any, kind: Any, path: str, errors: Errors) -> bool:
    try:
        msgspec.convert(data, kind, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        found = _PATH.search(text)
        inner = _dotted(found[1]) if found else ""
        reason = text[: found.start()] if found else text
        errors.add(_join(path, inner), worded(reason))
    except RecursionError:
        errors.add(path, "Nested too deeply.")
    else:
        return False
    return True


def _options(kind: Any) -> tuple[Any, ...]:
    """The types of a union, without their annotations."""
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return tuple(option for one in get_args(kind) for option in _options(one))
    return (kind,)


def _inside(options: tuple[Any, ...], of: type) -> Any:
    """What a list, or the values of an object, are made of; None when that is none of the options."""
    for option in options:
        if get_origin(option) is of:
            return get_args(option)[-1]
    return None


def _dotted(path: str) -> str:
    return _KEY.sub(lambda match: f".{match[1]}" if match[1] else ".*", path).strip(".")


def _join(path: str, inner: str) -> str:
    return f"{path}.{inner}" if path and inner else path or inner or "body"


def _word(data: Any) -> str:
    return {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}.get(
        cast("type[Any]", type(data)), "a number"
    )


def refuse_unknown(data: Any, kind: Any) -> None:
    """Raise Invalid naming every key of an object that its struct does not know (X-Handrail-Strict)."""
    errors = Errors()
    _unknown(data, kind, "", errors)
    errors.raise_if_any()


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None


def _unknown(data: Any, kind: Any, path: str, errors: Errors) -> None:
    options = _options(kind)
    if isinstance(data, list):
        inner = _inside(options, list)
        for index, entry in enumerate(cast("list[Any]", data)):
            _unknown(entry, inner, _join(path, str(index)), errors)
    if not isinstance(data, Mapping):
        return
    given = cast("Mapping[str, Any]", data)
    struct = next(filter(None, map(_struct, options)), None)
    if struct is None:
        values = _inside(options, dict)
        for key, value in given.items():
            _unknown(value, values, _join(path, str(key)), errors)
        return
    known = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
    for key, value in given.items():
        if key not in known:
            errors.add(_join(path, str(key)), "Unknown key; strict mode refuses it.")
        else:
            _unknown(value, known[key], _join(path, str(key)), errors)

"""The key of a request."""

import pytest

from handrail.http.repeating import key_of
from handrail.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (b"a", "a"),
        (b"  5f0c  ", "5f0c"),
        (b'"5f0c"', "5f0c"),
        (b'"a \\"b\\" \\\\c"', 'a "b" \\c'),
        (b"x" * 255, "x" * 255),
        (b'"' + b"x" * 255 + b'"', "x" * 255),
    ],
)
def test_a_key_is_printable_and_may_stand_in_quotes(header: bytes, key: str) -> None:
    assert key_of(header) == key


@pytest.mark.parametrize("header", [b"", b"   ", b'""', b"x" * 256, b"a\x01b", "Grüße".encode(), b"\x7f"])
def test_what_is_no_key_is_refused(header: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        key_of(header)
    assert list(refused.value.errors) == ["Idempotency-Key"]

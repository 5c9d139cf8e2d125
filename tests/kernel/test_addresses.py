"""E-mail and web addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.kernel.addresses import is_email, is_web_address


@pytest.mark.parametrize(
    "text", ["rui@pilots.example", "a.b+c@mail.test", "ops@erp.local", "josé@bücher.example", "O'Neil@x.co"]
)
def test_addresses(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a b@c.de", " a@b.de", "a@b.de ", "a@b..de", "@b.de", "a@b.de,c@d.de", "x" * 250 + "@b.de"]
)
def test_no_addresses(text: str) -> None:
    assert not is_email(text)


@pytest.mark.parametrize(
    "text",
    ["https://erp.example", "http://localhost:8000/hook?x=1#y", "https://[::1]/a", "https://user@x.example/%20{{a}}"],
)
def test_web_addresses(text: str) -> None:
    assert is_web_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "erp.example", "ftp://x.example", "https://", "https:///path", "https://a b", "http://x:99999", "http://x:a/"],
)
def test_no_web_addresses(text: str) -> None:
    assert not is_web_address(text)


@pytest.mark.parametrize(
    "text", ["http://[::1", "javascript:alert(1)", "https://x.example/" + "a" * 2100, "https://x.example/<b>"]
)
def test_no_safe_web_addresses(text: str) -> None:
    assert not is_web_address(text)


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert not (is_email(text) and is_web_address(text))

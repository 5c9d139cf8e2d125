"""What survives the sanitiser, and what text remains without tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.kernel.html import sanitise, strip_tags

REL = 'rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    "html",
    [
        "<p>Ask for the <b>trade</b> <em>licence</em>.</p>",
        "<h2>Steps</h2><ol><li>one</li></ol><ul><li>two</li></ul>",
        '<table><thead><tr><th scope="col">Item</th></tr></thead><tbody><tr><td colspan="2"></td></tr></tbody></table>',
        '<img src="/organizations/1/file/2/dl" alt="plan" width="30">',
        '<p style="text-align:center">middle</p>',
        "<pre><code>a &lt; b</code></pre>",
        "Dear {{client-name}}, see {{ order-number }}",
    ],
)
def test_formatting_survives(html: str) -> None:
    assert sanitise(html) == html


@pytest.mark.parametrize(
    "address",
    [
        "{{site}}",
        "https://crm.example/clients/{{client-id}}?tab={{ tab }}#top",
        "https://{{host}}/a",
        "mailto:{{contact-email}}",
        "tel:{{phone}}",
        "/x/{{a}}:b",
    ],
)
def test_links_keep_their_placeholders(address: str) -> None:
    assert sanitise(f'<a href="{address}">go</a>') == f'<a href="{address}" {REL}>go</a>'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<script>alert(1)</script>hello", "hello"),
        ('<a href="javascript:alert(1)">x</a>', f"<a {REL}>x</a>"),
        ('<a href="{{scheme}}:alert(1)">x</a>', f"<a {REL}>x</a>"),
        ('<a href="java{{rest}}:alert(1)">x</a>', f"<a {REL}>x</a>"),
        ('<img src="x" onerror="alert(1)">', '<img src="x">'),
        ('<img src="data:image/svg+xml;base64,PHN2Zz4=">', "<img>"),
        ('<p style="position:fixed;color:red">x</p>', '<p style="color:red">x</p>'),
        ("<iframe src='https://x.example'></iframe><form><input></form>rest", "rest"),
        ("<!-- note -->kept", "kept"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ],
)
def test_what_could_run_is_dropped(html: str, expected: str) -> None:
    assert sanitise(html) == expected


TAGS = ["p", "/p", "script", "/script", "math", "svg", "style", "table", "td", "title", "noscript", "!--", "a href='"]
PIECES = ["<b", ">", "'>", "<a\thref='", "javascript:", "{{x}}", ":", "-->", "&lt;", "&amp;", "&#x6a;", '"', "onclick="]
FRAGMENTS = st.lists(
    st.sampled_from([*(f"<{tag}>" for tag in TAGS), *PIECES, "\x00", "\u00a0", " ", "text"]), max_size=12
).map("".join)


@given(FRAGMENTS | st.text())
def test_sanitising_twice_changes_nothing(html: str) -> None:
    once = sanitise(html)
    assert sanitise(once) == once


@given(FRAGMENTS)
def test_nothing_that_runs_is_left(html: str) -> None:
    clean = sanitise(html).lower()
    assert "<script" not in clean
    assert 'href="javascript' not in clean


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Hello <b>you</b></p><p>there</p>", "Hello you\nthere"),
        ("a<br>b", "a\nb"),
        ("R&amp;D &lt;3", "R&D <3"),
        ("<p>&nbsp;</p>", ""),
        ("<script>alert(1)</script>", ""),
        ("  plain  ", "plain"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
    ],
)
def test_strip_tags(html: str, expected: str) -> None:
    assert strip_tags(html) == expected


@given(FRAGMENTS | st.text())
def test_strip_tags_takes_anything(html: str) -> None:
    assert strip_tags(html) == strip_tags(html).strip()

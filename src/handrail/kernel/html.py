"""Rich text: what people may write as HTML in templates, comments and long answers, and its plain reading.

Everything outside of the allow list is dropped when text is written (wire 2.33, 12), so that whoever shows it later
need not think. Placeholders such as `{{client-name}}` pass unchanged, also inside of links.
"""

import re
from html import unescape

import nh3

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "details"),
    *("div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins"),
    *("kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "summary"),
    *("sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var"),
}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "td": {"colspan", "rowspan", "headers", "style"},
    "th": {"colspan", "rowspan", "headers", "scope", "style"},
    "div": {"style"},
    "h1": {"style"},
    "h2": {"style"},
    "h3": {"style"},
    "h4": {"style"},
    "h5": {"style"},
    "h6": {"style"},
    "p": {"style"},
    "span": {"style"},
}
_STYLES = {"background-color", "color", "font-style", "font-weight", "text-align", "text-decoration", "text-indent"}
_SCHEMES = {"http", "https", "mailto", "tel", "sms"}
_ROUNDS = 6
# what a placeholder stands for is not known yet: followed by a colon it could become a scheme that runs code
# the first braces decide: what comes after others came after them too
_OPEN_SCHEME = re.compile(r"(?>[^/?#:]*?\{\{)[^/?#]*:")


def _attribute(_tag: str, name: str, value: str) -> str | None:
    if name in ("href", "src") and _OPEN_SCHEME.match(value):
        return None
    return value


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    filter_style_properties=_STYLES,
    url_schemes=_SCHEMES,
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
)
_stripper = nh3.Cleaner(tags=set(), attributes={}, strip_comments=True, link_rel=None)
_BREAKS = re.compile(r"(<br\s*/?>|</(?:p|div|li|h[1-6]|tr|blockquote|pre|dd|dt|figure)\s*>)", re.I)
_CELLS = re.compile(r"(</t[dh]\s*>)", re.I)
_MARKUP = re.compile(r"[<&]")


def sanitise(html: str) -> str:
    """The allowed part of an HTML text; applying it twice changes nothing more."""
    # badly nested markup can read differently once it is written out, so it is read again until it settles
    for _ in range(_ROUNDS):
        clean = _cleaner.clean(html)
        if clean == html:
            return clean
        html = clean
    return _stripper.clean(html)


def strip_tags(html: str) -> str:
    """The text of an HTML fragment: no tags, entities as characters, one line for each block."""
    if not _MARKUP.search(html):
        return html.strip()
    text = _CELLS.sub(r"\1 ", _BREAKS.sub("\\1\n", html))
    return unescape(_stripper.clean(text)).strip()

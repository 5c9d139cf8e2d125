"""How mails look: one frame around every text, escaped by default."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup


@cache
def _template(name: str) -> "Template":
    # imported with the first mail, so that no start waits for it
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("handrail.features.mails", "letters"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(name)


def framed(*, organization: str, title: str, body: str) -> str:
    """A whole document around a body of sanitised HTML; the organization's name above it and below."""
    return _template("frame.html").render(organization=organization, title=title, body=_markup(body))


def bare(*, title: str, body: str) -> str:
    """The same without anything of ours: no name, no footer (engine 2.1, `send_chromeless`)."""
    return _template("bare.html").render(title=title, body=_markup(body))


def letter(*, title: str, paragraphs: list[str], link: str | None, organization: str = "Handrail") -> str:
    """A whole document of plain paragraphs and a button; all of it is escaped."""
    body = _template("letter.html").render(paragraphs=paragraphs, link=link)
    return framed(organization=organization, title=title, body=body)


def digest(*, organization: str, digest: Any, link: str | None, is_guest: bool) -> str:
    """A whole document with the tasks of a digest (`groups` of `entries`, `more`) and a guest's way to them."""
    body = _template("digest.html").render(digest=digest, link=link, is_guest=is_guest)
    return framed(organization=organization, title=digest.subject, body=body)


def notice(*, organization: str, mail: Any, link: str | None, is_guest: bool) -> str:
    """A whole document about tasks (`entries`, `more`, `opening`, `needs_action`) and a guest's way to them."""
    body = _template("notice.html").render(mail=mail, link=link, is_guest=is_guest)
    return framed(organization=organization, title=mail.subject, body=body)


def _markup(body: str) -> "Markup":
    from markupsafe import Markup

    return Markup(body)

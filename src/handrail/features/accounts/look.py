"""How the account pages look: one frame, forms of labelled fields, and what is wrong beside each."""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from handrail.http.site import FORM_TOKEN, Html, Visit
from handrail.kernel.errors import Invalid, Problem

if TYPE_CHECKING:
    from jinja2 import Environment


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a form. `autocomplete` is what browsers and password managers go by."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    hint: str = ""
    value: str = ""
    longest: int = 254
    inputmode: str = ""


@cache
def _environment() -> "Environment":
    # imported with the first page, so that no start waits for it
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("handrail.features.accounts", "looks"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    visit: Visit,
    name: str,
    *,
    status: int = 200,
    form_targets: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    **given: Any,
) -> Html:
    """A page out of its template, with what every page is given."""
    text = _environment().get_template(name).render(form_token=visit.form_token, token_name=FORM_TOKEN, **given)
    return Html(text, status, form_targets, headers or {})


def form(
    visit: Visit,
    *,
    title: str,
    fields: Sequence[Field],
    button: str,
    lead: str = "",
    action: str | None = None,
    hidden: Mapping[str, str] | None = None,
    links: Sequence[tuple[str, str]] = (),
    others: Sequence[tuple[str, str]] = (),
    problem: Problem | None = None,
    status: int | None = None,
) -> Html:
    """A page with one form. After a refusal it shows what was typed, but passwords and codes, and what was wrong.

    `links` are addresses and words below it; `others` are other ways to the same end, as buttons of their own.
    """
    errors = {path: " ".join(texts) for path, texts in problem.errors.items()} if isinstance(problem, Invalid) else {}
    known = {field.name for field in fields}
    rest = [text for path, text in errors.items() if path not in known]
    if problem is not None and not errors:
        rest = [problem.message]
    shown = [
        msgspec.structs.replace(field, value=visit.form.get(field.name, field.value))
        if field.kind != "password" and field.autocomplete != "one-time-code"
        else field
        for field in fields
    ]
    return page(
        visit,
        "form.html",
        status=status or (200 if problem is None else problem.status),
        headers=None if problem is None else problem.headers,
        title=title,
        lead=lead,
        fields=shown,
        errors=errors,
        rest=rest,
        button=button,
        action=action or visit.request.path,
        hidden=dict(hidden or {}),
        links=list(links),
        others=list(others),
    )


def message(
    visit: Visit, *, title: str, paragraphs: Sequence[str], links: Sequence[tuple[str, str]] = (), status: int = 200
) -> Html:
    """A page that says something."""
    return page(visit, "message.html", status=status, title=title, paragraphs=list(paragraphs), links=list(links))


def problem(visit: Visit, found: Problem) -> Html:
    """What went wrong, and a way on."""
    phrase = HTTPStatus(found.status).phrase
    answer = message(
        visit,
        title={403: "This is not allowed", 404: "There is nothing here", 429: "Too many tries"}.get(
            found.status, phrase
        ),
        paragraphs=[found.message],
        links=[("/account", "Your account")],
        status=found.status,
    )
    return Html(answer.text, answer.status, (), found.headers)

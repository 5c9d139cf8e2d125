"""Watches every statement that the tests make the application compile, also those that are put together on request."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from handrail.schema.statement import Statement
from tests.support.tenancy import violations

# statements that mean to look across organizations, with the reason
ACROSS_ORGANIZATIONS = {
    "handrail.features.organizations.store.of_person": "the organizations of the caller",
    "handrail.features.organizations.store.of_person_count": "how many organizations the caller is in",
    "handrail.features.organizations.store.active_members_of": "counts members of organizations the caller is in",
    "handrail.features.members.includes._mine": "the organizations of the caller, beside the caller",
    "handrail.features.members.store.places": "the organizations of whoever signs in",
    "handrail.features.members.store.other_organizations": "whether a person has other organizations",
    "handrail.features.members.store.invitation_by_hash": "an invitation is found by its secret",
    "handrail.features.members.store.withdrawn_by_hash": "so is one that was withdrawn",
    "handrail.features.guests.store.places": "where somebody is a guest, mailed to nobody but them",
    "handrail.features.organizations.store.page_after": "what the clock does in every organization, one by one",
    "handrail.features.templates.store.public_rows": "the library shows what every organization has made public",
    "handrail.features.processes.store.public_by_id": "a public process is found by its id alone",
    "handrail.features.mails.store.waiting": "the sender serves every organization",
    "handrail.features.notices.store.waiting": "one teller serves every organization",
    "handrail.features.simulations.store.due": "one runner serves the saved tests of every organization",
    "handrail.features.schedules.store.due": "of all schedules the one that is due first launches first",
    "handrail.features.timers.store.expiring": "of all tasks the one that is due first expires first",
    "handrail.features.timers.store.overdue": "of all processes the one that is overdue first is told first",
}


def _exempt() -> set[int]:
    found: set[int] = set()
    for name in ACROSS_ORGANIZATIONS:
        module, _, attribute = name.rpartition(".")
        found.add(id(getattr(importlib.import_module(module), attribute).element))
    return found


@contextmanager
def watched_statements() -> Iterator[None]:
    """Inside, compiling a statement of the application that leaves its organization fails."""
    plain: Any = Statement._compile  # pyright: ignore[reportPrivateUsage]
    exempt = _exempt()

    def compile_watched(statement: Any, dialect: Any) -> Any:
        compiled = plain(statement, dialect)
        found = violations(statement.element) if id(statement.element) not in exempt else []
        if found:
            raise AssertionError(f"{'; '.join(found)}: {compiled.text}")
        return compiled

    setattr(Statement, "_compile", compile_watched)  # noqa: B010
    try:
        yield
    finally:
        setattr(Statement, "_compile", plain)  # noqa: B010

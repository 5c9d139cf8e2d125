"""The SQL of saved runs."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import template_tests
from handrail.schema.trial_tables import DUE_TESTS
from handrail.schema.words import insert_all, is_, own, set_all


class SavedRow(msgspec.Struct, frozen=True):
    """A saved run; `body` and `failures` are JSON."""

    organization_id: str
    id: str
    template_id: str
    title: str
    body: str
    created_by: int
    passing: bool | None
    failures: str
    ran_version: int | None
    ran_at: int | None
    due_at: int | None
    created_at: int
    updated_at: int


_columns = tuple(template_tests.c[name] for name in SavedRow.__struct_fields__)
_tests = sa.select(*_columns).where(own(template_tests), is_(template_tests.c.template_id))

of_template = Statement(_tests.order_by(template_tests.c.id), SavedRow)
count = Statement[tuple[int]](
    sa.select(sa.func.count()).select_from(template_tests).where(own(template_tests), is_(template_tests.c.template_id))
)
one = Statement(_tests.where(is_(template_tests.c.id)), SavedRow)
locked = Statement(_tests.where(is_(template_tests.c.id)).with_for_update(), SavedRow)

# what a new run has; the rest comes from running it
GIVEN = (
    *("organization_id", "id", "template_id", "title", "body"),
    *("created_by", "due_at", "created_at", "updated_at"),
)
insert = Statement[None](insert_all(template_tests, *GIVEN))
update = Statement[None](
    sa.update(template_tests)
    .where(own(template_tests), is_(template_tests.c.id))
    .values(set_all(template_tests, "title", "body", "due_at", "updated_at"))
)
delete = Statement[None](sa.delete(template_tests).where(own(template_tests), is_(template_tests.c.id)))

make_due = Statement[None](
    sa.update(template_tests)
    .where(own(template_tests), is_(template_tests.c.template_id))
    .values(set_all(template_tests, "due_at"))
)

# a change that came while the test ran makes it due again, and keeps it so
ran = Statement[None](
    sa.update(template_tests)
    .where(
        own(template_tests),
        is_(template_tests.c.id),
        sa.or_(
            template_tests.c.due_at.is_(None),
            template_tests.c.due_at == sa.bindparam("known_due_at", type_=sa.BigInteger),
        ),
    )
    .values(due_at=sa.null(), **set_all(template_tests, "passing", "failures", "ran_version", "ran_at"))
)

# of a template that is gone
forget = Statement[None](
    sa.update(template_tests).where(own(template_tests), is_(template_tests.c.id)).values(due_at=sa.null())
)

# across organizations: one process runs the tests of all of them
due = Statement(
    sa.select(*_columns)
    .where(sa.text(DUE_TESTS), template_tests.c.due_at <= sa.bindparam("now", type_=sa.BigInteger))
    .order_by(template_tests.c.due_at, template_tests.c.organization_id, template_tests.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    SavedRow,
)

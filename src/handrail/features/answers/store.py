"""The SQL of kept answers."""

import msgspec
import sqlalchemy as sa

from handrail.schema.answer_tables import kept_answers
from handrail.schema.statement import Statement
from handrail.schema.words import insert_all, is_, own, parameter, set_all


class AnswerRow(msgspec.Struct, frozen=True):
    """What is kept of a request; without an answer it was carried out, and its answer was not written down."""

    fingerprint: str
    status: int
    sealed_answer: str | None
    created_at: int


_columns = [kept_answers.c[name] for name in AnswerRow.__struct_fields__]

# in the order of `put`
insert = Statement[None](insert_all(kept_answers))

find = Statement(sa.select(*_columns).where(own(kept_answers), is_(kept_answers.c.id)), AnswerRow)

# the first answer is the answer, whoever else has worked at it meanwhile
complete = Statement[None](
    sa.update(kept_answers)
    .where(own(kept_answers), is_(kept_answers.c.id), kept_answers.c.sealed_answer.is_(None))
    .values(**set_all(kept_answers, "sealed_answer"))
)
replace = Statement[None](
    sa.update(kept_answers)
    .where(own(kept_answers), is_(kept_answers.c.id))
    .values(**set_all(kept_answers, "sealed_answer"))
)

delete = Statement[None](
    sa.delete(kept_answers).where(
        own(kept_answers),
        is_(kept_answers.c.id),
        kept_answers.c.created_at <= parameter("before", kept_answers.c.created_at),
    )
)

_old = (own(kept_answers), kept_answers.c.created_at <= parameter("before", kept_answers.c.created_at))
is_any_old = Statement[tuple[int]](sa.select(sa.literal(1)).select_from(kept_answers).where(*_old).limit(1))
delete_old = Statement[None](sa.delete(kept_answers).where(*_old))

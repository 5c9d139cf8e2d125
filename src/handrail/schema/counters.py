"""Running numbers per organization: increment ids, feed entries, associations."""

import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import sequences

raise_sequence = Statement[int](
    sa.update(sequences)
    .where(
        sequences.c.organization_id == sa.bindparam("organization_id", type_=sa.Text),
        sequences.c.name == sa.bindparam("name", type_=sa.Text),
    )
    .values(value=sequences.c.value + sa.bindparam("count", type_=sa.BigInteger))
    .returning(sequences.c.value)
)

start_sequence = Statement[None](
    sa.insert(sequences).values(
        organization_id=sa.bindparam("organization_id"), name=sa.bindparam("name"), value=sa.bindparam("value")
    )
)

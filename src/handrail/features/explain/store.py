"""The SQL of explanations: what rules did to a task, by the feed."""

import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import activities
from handrail.schema.words import is_, own

# the latest first; more than this says nothing more
LIMIT = 200

done_by_rules = Statement[tuple[int, str]](
    sa.select(activities.c.created_at, activities.c.detail)
    .where(own(activities), is_(activities.c.subject_id), activities.c.detail.like('%"rule"%'))
    .order_by(activities.c.id.desc())
    .limit(LIMIT)
)

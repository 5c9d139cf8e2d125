"""Building and checking the parts of a template from decoded client data; each kind of part has a module of its own.

Every `..._from` merges what was given over the current part, checks the whole and returns it, or returns None after
adding what is wrong to `errors` under full paths. The limits are in `handrail.engine.limits`.
"""

from handrail.engine.field_definitions import FIELD_TYPES, field_from, unique_alias
from handrail.engine.given import position_from
from handrail.engine.rule_definitions import FIELD_OPERATIONS, STEP_OPERATIONS, TIME_CLAUSES, VERBS, rule_from
from handrail.engine.step_definitions import STEP_TYPES, aliases_of, stage_from, step_from

__all__ = [
    "FIELD_OPERATIONS",
    "FIELD_TYPES",
    "STEP_OPERATIONS",
    "STEP_TYPES",
    "TIME_CLAUSES",
    "VERBS",
    "aliases_of",
    "field_from",
    "position_from",
    "rule_from",
    "stage_from",
    "step_from",
    "unique_alias",
]

"""The people of a job title as its columns keep them."""

import msgspec

from handrail.engine.definition import Owners


def people_columns(people: Owners) -> dict[str, str]:
    """`users`, `guests` and `groups` as JSON."""
    return {name: msgspec.json.encode(getattr(people, name)).decode() for name in ("users", "guests", "groups")}

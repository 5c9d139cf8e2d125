"""A job title as the wire shows it."""

from handrail.features.roles import wire
from handrail.features.roles.store import RoleRow
from handrail.kernel.clock import iso


def shown(row: RoleRow) -> wire.Role:
    """A title with the people who stand in it."""
    people = row.people
    return wire.Role(
        id=row.id,
        name=row.name,
        description=row.description,
        users=list(people.users),
        guests=list(people.guests),
        groups=list(people.groups),
        created_at=iso(row.created_at),
        last_updated=iso(row.updated_at),
    )

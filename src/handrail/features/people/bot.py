"""The organization's bot: who acts where nobody does, when a timer runs out."""

from handrail.features.people import store
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader

# an organization keeps its bot for life
_known: dict[str, int] = {}


async def bot_of(reader: Reader, organization_id: str) -> Actor:
    """The bot as an actor, who may do everything. NotFound when there is no such organization."""
    user_id = _known.get(organization_id)
    if user_id is None:
        user_id = await reader.value(store.bot, organization_id=organization_id)
        if user_id is None:
            raise NotFound
        if len(_known) > 4096:
            _known.clear()
        _known[organization_id] = user_id
    return Actor(organization_id=organization_id, user_id=user_id, role="admin")

"""How often strangers may come: to all forms of an organization from one address, and to one form from anywhere."""

from handrail.http.attempts import Rate, a_minute, an_hour, network, take
from handrail.http.call import Application, Call
from handrail.ports.limiter import Limiter


async def take_reading(call: Call) -> None:
    """Count a look at a form or at the library. TooMany; a setting of 0 means no limit."""
    await take_reading_from(call.application, call.client_address)


async def take_reading_from(application: Application, address: str) -> None:
    """The same for a page."""
    per_minute = application.settings.public_reads_per_minute
    wanted = [(a_minute(per_minute), ("read", network(address)))] if per_minute else []
    await take(application.limiter, wanted)


async def take_launch(
    limiter: Limiter, organization_id: str, form: str, address: str, *, per_address: int, per_form: int
) -> None:
    """Count a launch of a form. TooMany, and then nothing is counted; 0 means no limit."""
    wanted: list[tuple[Rate, tuple[str, ...]]] = []
    if per_address:
        wanted.append((an_hour(per_address), ("from", organization_id, network(address))))
    if per_form:
        wanted.append((an_hour(per_form), ("form", organization_id, form)))
    await take(limiter, wanted)

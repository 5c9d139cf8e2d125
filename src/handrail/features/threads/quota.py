"""How many comments an organization may write: each may mail many people (wire 0.10)."""

from handrail.http import attempts
from handrail.http.call import Call

PER_HOUR = 120


async def take(call: Call) -> None:
    """Count a comment of the caller's organization. TooMany, and then it is not written."""
    await attempts.take(call.application.limiter, [(attempts.an_hour(PER_HOUR), ("comments", call.organization_id))])

"""How many comments an organization may write: each may mail many people (wire 0.10)."""

from handrail.http import attempts

PER_HOUR = 120


def take(organization_id: str) -> None:
    """Count a comment. TooMany, and then it is not written."""
    attempts.take([(attempts.an_hour(PER_HOUR), ("comments", organization_id))])

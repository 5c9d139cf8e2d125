"""How often strangers may come: to all forms of an organization from one address, and to one form from anywhere."""

from limits import RateLimitItem

from handrail.http.attempts import a_minute, an_hour, take


def take_reading(address: str, per_minute: int) -> None:
    """Count a look at a form or at the library. TooMany; 0 means no limit."""
    take([(a_minute(per_minute), ("read", address))] if per_minute else [])


def take_launch(organization_id: str, form: str, address: str, *, per_address: int, per_form: int) -> None:
    """Count a launch of a form. TooMany, and then nothing is counted; 0 means no limit."""
    wanted: list[tuple[RateLimitItem, tuple[str, ...]]] = []
    if per_address:
        wanted.append((an_hour(per_address), ("from", organization_id, address)))
    if per_form:
        wanted.append((an_hour(per_form), ("form", organization_id, form)))
    take(wanted)

"""The command that gives an organization limits of its own: `limits`."""

import msgspec

from handrail.cli.words import WRONG_USAGE, Stop, up_to_date, with_database
from handrail.features.organizations.rates import rates_of, set_rates
from handrail.kernel.actor import Rates
from handrail.kernel.ids import is_id
from handrail.ports.database import Database, Transaction
from handrail.settings import SETTINGS, Settings


class Limits(msgspec.Struct, frozen=True):
    """What holds for an organization; 0 is no limit. `own` are the numbers that are not the installation's."""

    organization_id: str
    requests_per_minute: int
    requests_per_hour: int
    own: list[str]


def limits(
    settings: Settings,
    organization_id: str,
    per_minute: int | None,
    per_hour: int | None,
    *,
    reset: bool,
    as_json: bool,
) -> None:
    """Change an organization's limits as wanted, and print what holds."""
    if reset and (per_minute is not None or per_hour is not None):
        raise Stop("--reset takes both limits back; leave --per-minute and --per-hour out.", WRONG_USAGE)
    for option, name, number in (
        ("--per-minute", "rate_limit_per_minute", per_minute),
        ("--per-hour", "rate_limit_per_hour", per_hour),
    ):
        if number is not None:
            try:
                SETTINGS[name].parse(str(number))
            except ValueError as error:
                raise Stop(f"{option} must be {SETTINGS[name].allowed}.", WRONG_USAGE) from error
    if not is_id(organization_id):
        raise Stop(f"{organization_id} is not the id of an organization.", WRONG_USAGE)
    up_to_date(settings)
    rates = changed(settings, organization_id, per_minute, per_hour, reset=reset)
    found = in_force(settings, organization_id, rates)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    for unit, words, number in (
        ("minute", "a minute", found.requests_per_minute),
        ("hour", "an hour", found.requests_per_hour),
    ):
        whose = "its own" if unit in found.own else "the installation's"
        print(f"{f'{number:,} requests' if number else 'no limit'} {words} ({whose})")


def changed(
    settings: Settings, organization_id: str, per_minute: int | None, per_hour: int | None, *, reset: bool
) -> Rates:
    """The organization's own rates after the change."""

    async def work(database: Database) -> Rates:
        async def body(tx: Transaction) -> Rates:
            before = await rates_of(tx, organization_id)
            after = Rates(
                before.per_minute if per_minute is None else per_minute,
                before.per_hour if per_hour is None else per_hour,
            )
            after = Rates() if reset else after
            if after != before:
                await set_rates(tx, organization_id, after)
            return after

        return await database.write(body)

    return with_database(settings, work)


def in_force(settings: Settings, organization_id: str, rates: Rates) -> Limits:
    """What holds when an organization has these rates of its own."""
    per_minute = settings.rate_limit_per_minute if rates.per_minute is None else rates.per_minute
    per_hour = settings.rate_limit_per_hour if rates.per_hour is None else rates.per_hour
    own = [unit for unit, rate in (("minute", rates.per_minute), ("hour", rates.per_hour)) if rate is not None]
    return Limits(organization_id, per_minute, per_hour, own)

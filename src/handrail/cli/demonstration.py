"""`handrail demo`: an organization with the sample templates, a server, and a call to paste."""

import os
import secrets
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

import handrail
from handrail.cli.people import founded, made_token, now
from handrail.cli.words import Stop, say, up_to_date, with_database
from handrail.features.members.service import find_token, load_actor
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Invalid
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Database, Transaction
from handrail.settings import Settings

NAME = "Handrail Demo"
EMAIL = "ada@demo.example"
TOKEN_DAYS = 183


class Launches(msgspec.Struct, frozen=True):
    """A step of a sample that launches another sample: the step by its local id, fields by alias."""

    step: str
    template: str
    tasks_within_process: bool
    default_name_format: str
    fields: dict[str, str] = {}


class Demo(msgspec.Struct):
    """What a later run needs to know; kept in the data directory for nobody but its owner."""

    organization_id: str
    user_id: int
    email: str
    password: str
    access_token: str
    # ids of the templates that were loaded, by the folder of the sample
    templates: dict[str, str] = {}
    # where the server was last started
    base_url: str | None = None


def prepare(settings: Settings) -> Demo:
    """The demo's organization with every sample that was not loaded before."""
    up_to_date(settings)
    file = settings.data / "demo.json"
    demo = _known(settings, file) or _founded(settings, file)
    wanted = {name: text for name, text in samples().items() if name not in demo.templates}
    if wanted:
        demo.templates |= with_database(settings, lambda database: _load(database, demo, wanted))
        with_database(settings, lambda database: _connect(database, demo, wanted))
        keep(file, demo)
    return demo


def samples() -> dict[str, bytes]:
    """The sample templates as JSON by name: out of the installed package, or beside the sources."""
    found = _files("template.json")
    if not found:
        raise Stop("The sample templates are missing; install Handrail again.")
    return found


def launches() -> dict[str, list[Launches]]:
    """What steps of the samples launch other samples, by name."""
    return {name: msgspec.json.decode(text, type=list[Launches]) for name, text in _files("launches.json").items()}


def _files(named: str) -> dict[str, bytes]:
    folder: Traversable = files("handrail") / "examples_data"
    if not folder.is_dir():
        folder = Path(handrail.__file__).resolve().parents[2] / "examples"
    if not folder.is_dir():
        return {}
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return {entry.name: (entry / named).read_bytes() for entry in entries if (entry / named).is_file()}


def keep(file: Path, demo: Demo) -> None:
    """Write the file so that only its owner can read it, whole or not at all."""
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(demo), indent=2))
    fresh.replace(file)


def _founded(settings: Settings, file: Path) -> Demo:
    password = secrets.token_urlsafe(12)
    founding = founded(settings, NAME, EMAIL, password, "Ada", "Demo")
    demo = Demo(founding.organization_id, founding.user_id, EMAIL, password, founding.access_token)
    keep(file, demo)
    return demo


def _known(settings: Settings, file: Path) -> Demo | None:
    """The demo of an earlier run, with a token that works; None when this store has none."""
    try:
        demo = msgspec.json.decode(file.read_bytes(), type=Demo)
    except (OSError, msgspec.MsgspecError):
        return None

    async def look(database: Database) -> tuple[bool, bool]:
        async with database.reader() as reader:
            actor = await load_actor(reader, demo.organization_id, demo.user_id)
            token = await find_token(reader, fingerprint(demo.access_token))
        alive = token is not None and token.revoked_at is None and (token.expires_at or now()) >= now()
        return actor is not None, alive

    exists, alive = with_database(settings, look)
    if not exists:
        return None
    if not alive:
        demo.access_token = made_token(settings, demo.email, demo.organization_id, "demo", TOKEN_DAYS).access_token
        keep(file, demo)
    return demo


async def _load(database: Database, demo: Demo, wanted: dict[str, bytes]) -> dict[str, str]:
    """Import the samples, each in a transaction of its own; the ids of the templates."""
    from handrail.features.templates import service as templates

    async with database.reader() as reader:
        actor = await load_actor(reader, demo.organization_id, demo.user_id)
    assert actor is not None
    loaded: dict[str, str] = {}
    for name, text in wanted.items():
        data = msgspec.json.decode(text)

        async def body(tx: Transaction, data: dict[str, object] = data) -> str:
            return await templates.create(tx, actor, data, now())

        try:
            loaded[name] = await database.write(body)
        except Invalid as problem:
            raise Stop(f"The sample {name} cannot be imported: {problem.errors}") from problem
    return loaded


async def _connect(database: Database, demo: Demo, wanted: dict[str, bytes]) -> None:
    async with database.reader() as reader:
        actor = await load_actor(reader, demo.organization_id, demo.user_id)
    assert actor is not None
    await connect(database, actor, demo.templates, wanted)


async def connect(database: Database, actor: Actor, loaded: Mapping[str, str], wanted: Mapping[str, bytes]) -> None:
    """Let steps of these samples launch the other samples that were loaded; `loaded` are template ids by name."""
    from handrail.features.templates import service as templates

    for name, listed in launches().items():
        for one in listed:
            if name not in wanted or one.template not in loaded:
                continue
            titles = {step["id"]: step["title"] for step in msgspec.json.decode(wanted[name])["steps"]}
            async with database.reader() as reader:
                source = await templates.working(reader, actor.organization_id, loaded[name])
                target = await templates.working(reader, actor.organization_id, loaded[one.template])
            assert source is not None
            assert target is not None
            step = next(step for step in source.definition.steps if step.title == titles[one.step])
            ids = {field.alias: field.id for field in target.definition.kickoff}
            launch = {
                "id": target.id,
                "tasks_within_process": one.tasks_within_process,
                "default_name_format": one.default_name_format,
                "fields": {ids[alias]: text for alias, text in one.fields.items()},
            }

            async def change(
                tx: Transaction, template_id: str = source.id, step_id: str = step.id, launch: object = launch
            ) -> None:
                await templates.change_step(tx, actor, template_id, step_id, {"bp_to_launch": launch}, now())

            await database.write(change)


def announce(settings: Settings, demo: Demo, address: str) -> None:
    """Say where the server is, who can sign in, and one call that works as it is; the file keeps the address too."""
    if demo.base_url != f"{address}/api":
        demo.base_url = f"{address}/api"
        keep(settings.data / "demo.json", demo)
    say(f"Handrail listens on {address}, the reference is at {address}/api/docs")
    say(f"  Organization  {NAME}  {demo.organization_id}, with {len(demo.templates)} sample templates")
    say(f"  Sign in as    {demo.email}  with  {demo.password}")
    say(f"  Access token  {demo.access_token}")
    say("")
    say(call(demo, address))


def call(demo: Demo, address: str) -> str:
    """A call for the shell that lists the templates."""
    return (
        f"curl -s '{address}/api/organizations/{demo.organization_id}/checklists' "
        f"-H 'Authorization: Bearer {demo.access_token}' -H 'X-Tallyfy-Client: curl'"
    )

"""The command line: `handrail serve`, `worker`, `init`, `demo`, `migrate`, `token`, `password`, `limits`, `openapi`,
`doctor`.

A command ends with 0 when it did its work, 1 when it could not, 2 when it was called wrongly or a setting is wrong.
What a program may read goes to the standard output, everything else to the standard error.
"""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from handrail import __version__
from handrail.cli.words import FAILED, WRONG_USAGE, Stop, carry_out, say, settings_for, up_to_date

ABOUT = """Templates, processes and tasks of an organization behind one REST API.

Settings come from the environment (HANDRAIL_...) or from handrail.toml in the
data directory; `handrail doctor` shows them. To try it: `handrail demo`."""


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "\n".join(["Examples:", "", *(f"    {line}" for line in lines)])


app = App(name="handrail", version=__version__, help=ABOUT, help_format="plaintext", result_action="return_value")

Data = Annotated[
    Path | None,
    Parameter(help="Directory of the embedded store and its files. Default: HANDRAIL_DATA, else ./data."),
]
Host = Annotated[str, Parameter(help="Address to listen on; 0.0.0.0 lets other machines in.")]
Port = Annotated[int, Parameter(help="Port to listen on; 0 takes a free one.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print the result as one JSON object.")]


def run() -> None:
    """Carry out what the command line says."""
    carry_out(_call)


def _call() -> int | None:
    try:
        return app(exit_on_error=False, print_error=True)
    except CycloptsError:
        return WRONG_USAGE


@app.command(
    help_epilogue=examples(
        "handrail serve",
        "handrail serve --data /var/lib/handrail --host 0.0.0.0 --port 8080",
        "HANDRAIL_DATABASE_URL=postgresql://handrail@db/handrail handrail serve --workers 4",
    )
)
def serve(
    *,
    data: Data = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, Parameter(help="Server processes; one for each core is a good choice.")] = 1,
) -> None:
    """Start the server.

    The embedded store is created or brought up to date first; a PostgreSQL database must have been migrated.
    """
    from handrail.cli import server

    if workers < 1:
        raise Stop("--workers must be at least 1.", WRONG_USAGE)
    server.become(data, host, port, workers)


@app.command(
    help_epilogue=examples(
        "HANDRAIL_DATABASE_URL=postgresql://handrail@db/handrail handrail worker",
        "HANDRAIL_WORKER=separate handrail serve --workers 4",
    )
)
def worker(*, data: Data = None) -> None:
    """Carry out jobs and timers beside the servers of a PostgreSQL database.

    Any number of workers may run. With HANDRAIL_WORKER=separate the servers leave all jobs to them.
    """
    from handrail.cli import working

    working.work(settings_for(data))


@app.command(
    help_epilogue=examples(
        'handrail init --org-name "Harbor Freight" --email ines@harbor.example',
        "handrail init --org-name Test --email me@example.org --password - --json < password.txt",
    )
)
def init(
    *,
    data: Data = None,
    org_name: Annotated[str, Parameter(help="Name of the organization, 50 characters at most.")],
    email: Annotated[str, Parameter(help="Address of its first administrator.")],
    password: Annotated[
        str | None,
        Parameter(
            help="Their password; `-` reads it from the standard input. Asked for when left out.",
            allow_leading_hyphen=True,
        ),
    ] = None,
    first_name: Annotated[str, Parameter(help="Their first name.")] = "First",
    last_name: Annotated[str, Parameter(help="Their last name.")] = "Administrator",
    json: AsJson = False,
) -> None:
    """Create an organization with its first administrator and an access token.

    The store is created or brought up to date first. An address that is already known keeps its password.
    """
    from handrail.cli import people

    people.init(settings_for(data), org_name, email, password, first_name, last_name, as_json=json)


@app.command(
    help_epilogue=examples(
        "handrail migrate",
        "HANDRAIL_DATABASE_URL=postgresql://handrail@db/handrail handrail migrate",
    )
)
def migrate(*, data: Data = None) -> None:
    """Create the store or bring its schema up to date."""
    from handrail.schema import revision

    changed = up_to_date(settings_for(data))
    say(f"The store {'is now' if changed else 'was already'} at schema revision {revision.newest()}.")


@app.command(
    help_epilogue=examples(
        "handrail demo",
        "handrail demo --data try --port 0",
    )
)
def demo(
    *,
    data: Data = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    serve: Annotated[bool, Parameter(help="Start the server; --no-serve only prepares the data.")] = True,
) -> None:
    """Start a server with a demo organization and the sample templates.

    Prints the address, who can sign in, an access token and a call to paste. A second run finds what the first made.
    """
    from handrail.cli import demonstration, serving

    settings = settings_for(data)
    made = demonstration.prepare(settings)
    if serve:
        serving.serve(settings, host, port, 1, lambda address: demonstration.announce(settings, made, address))
    else:
        demonstration.announce(settings, made, f"http://{host}:{port}")


@app.command(
    help_epilogue=examples(
        "handrail token --email ines@harbor.example",
        "TOKEN=$(handrail token --email ines@harbor.example --name backup)",
    )
)
def token(
    *,
    data: Data = None,
    email: Annotated[str, Parameter(help="Address of the member.")],
    organization: Annotated[str | None, Parameter(help="Id of the organization, for members of several.")] = None,
    name: Annotated[str, Parameter(help="What the token is for.")] = "command line",
    days: Annotated[int, Parameter(help="How long it is valid.")] = 183,
    json: AsJson = False,
) -> None:
    """Make a personal access token for a member.

    The token is printed once and works at once, also on a server that is running.
    """
    from handrail.cli import people

    if not 1 <= days <= 3650:
        raise Stop("--days must be from 1 to 3650.", WRONG_USAGE)
    people.token(settings_for(data), email, organization, name, days, as_json=json)


@app.command(
    help_epilogue=examples(
        "handrail password --email ines@harbor.example",
        "handrail password --email ines@harbor.example --without-second-factor",
    )
)
def password(
    *,
    data: Data = None,
    email: Annotated[str, Parameter(help="Address of the person.")],
    password: Annotated[
        str | None, Parameter(allow_leading_hyphen=True, help="The new password; `-` reads it from the standard input.")
    ] = None,
    without_second_factor: Annotated[
        bool, Parameter(negative="", help="Also turn the second factor off, for a lost authenticator.")
    ] = False,
) -> None:
    """Set a person's password.

    For whoever cannot sign in any more. All their sessions end; it works while the server runs, and is audited.
    """
    from handrail.cli import people

    people.password(settings_for(data), email, password, without_second_factor=without_second_factor)


@app.command(
    help_epilogue=examples(
        "handrail limits --organization 3f2b…",
        "handrail limits --organization 3f2b… --per-minute 600 --per-hour 20000",
        "handrail limits --organization 3f2b… --reset",
    )
)
def limits(
    *,
    data: Data = None,
    organization: Annotated[str, Parameter(help="Id of the organization.")],
    per_minute: Annotated[int | None, Parameter(help="Requests a minute; 0 means no limit.")] = None,
    per_hour: Annotated[int | None, Parameter(help="Requests an hour; 0 means no limit.")] = None,
    reset: Annotated[bool, Parameter(negative="", help="Take both back: the installation's hold again.")] = False,
    json: AsJson = False,
) -> None:
    """Show how many requests an organization may make, or give it limits of its own.

    Servers that are running notice within two seconds.
    """
    from handrail.cli import limiting

    limiting.limits(settings_for(data), organization, per_minute, per_hour, reset=reset, as_json=json)


@app.command(help_epilogue=examples("handrail openapi > openapi.json"))
def openapi() -> None:
    """Print the OpenAPI document of the REST API."""
    import msgspec

    from handrail.http import openapi as documents
    from handrail.main import endpoints

    sys.stdout.write(msgspec.json.format(documents.encoded(endpoints()), indent=2).decode() + "\n")


@app.command(help_epilogue=examples("handrail doctor", "handrail doctor --json"))
def doctor(*, data: Data = None, json: AsJson = False) -> int:
    """Check what the server stands on: Python, settings, disk, store, schema.

    Says what to do about each problem. Ends with 1 when there is one.
    """
    from handrail.cli import diagnosis

    found = diagnosis.findings(data)
    if json:
        import msgspec

        print(msgspec.json.encode(found).decode())
    else:
        diagnosis.show(found)
    return FAILED if any(finding.verdict == "problem" for finding in found) else 0

"""The command line: `handrail serve`, `init`, `demo`, `migrate`, `token`, `openapi`, `doctor`.

A command ends with 0 when it did its work, 1 when it could not, 2 when it was called wrongly or a setting is wrong.
What a program may read goes to the standard output, everything else to the standard error.
"""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from handrail import __version__
from handrail.cli.words import WRONG_USAGE, Stop, say, settings_for, up_to_date

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


def main() -> None:
    """The console script."""
    try:
        code = app(exit_on_error=False, print_error=True)
    except CycloptsError:
        code = WRONG_USAGE
    except Stop as stop:
        say(f"handrail: {stop}")
        code = stop.code
    except BrokenPipeError:
        code = 1
    sys.exit(code or 0)


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
    workers: Annotated[int, Parameter(help="Server processes; more than one needs PostgreSQL.")] = 1,
) -> None:
    """Start the server.

    The embedded store is created or brought up to date first; a PostgreSQL database must have been migrated.
    """
    from handrail.cli import serving

    if workers < 1:
        raise Stop("--workers must be at least 1.", WRONG_USAGE)
    serving.serve(settings_for(data), host, port, workers)


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
        str | None, Parameter(help="Their password; `-` reads it from the standard input. Asked for when left out.")
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

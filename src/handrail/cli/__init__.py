"""The command line. What a command needs is loaded when it is called; the server (`server`) needs little of it."""


def main() -> None:
    """The console script."""
    from handrail.cli import commands

    commands.run()

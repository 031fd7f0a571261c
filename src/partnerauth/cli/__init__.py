"""The command line: `partnerauth COMMAND …`.

Each command stands in a module of its own, `partnerauth.cli.<name>`, which is imported only when it is asked
for, so that the command line starts quickly.  A new command takes one line in `COMMANDS`: its name, where
its click command is (`module:attribute` in this package), and what it does in a few words.
"""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "demo": ("demo:demo", "Play a day at a bpost customer, with every outcome and why."),
    "init": ("init:init", "Start a portal of your own from a shipped one."),
    "portal": ("portal:portal", "Check a portal file, or show what it says."),
    "test": ("test:command", "Run scenario files."),
    "db": ("db:db", "Show or check a database, or upgrade its tables."),
    "rules": ("rules:rules", "List every rule, or every id of the rulebook."),
    "feed": ("feed:feed", "Take in the file that says which addresses may come in."),
    "mail": ("mail:mail", "Send the mails that wait in the outbox, or look at them."),
    "audit": ("audit:audit", "Read the record, examine, seal or export it, or erase a person."),
    "export": ("export:export", "Export the users of an organisation, or their rights."),
    "lint": ("lint:lint", "Check Casbin models for what pycasbin accepts in silence."),
    "explain": ("rules:explain", "Explain a rule: why it is there, where it lives, its tests."),
}
"""Commands by name: where each is in this package, and the line that `partnerauth --help` has for it."""


class _Lazy(click.Group):
    """A group whose commands are imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return [*super().list_commands(ctx), *COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing one of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])


@click.group(cls=_Lazy)
@click.version_option(package_name="partnerauth")
def main() -> None:
    """Partner portals as data: companies manage their own people's access."""

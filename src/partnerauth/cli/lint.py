"""The command `lint`: what pycasbin would accept in silence in a Casbin model, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import click

from partnerauth.cli import screen
from partnerauth.policy.engine.lint import lint as findings


@click.command("lint")
@click.argument("files", metavar="FILE.conf...", nargs=-1, required=True)
@click.pass_context
def lint(context: click.Context, files: tuple[str, ...]) -> None:
    """Check Casbin models for what pycasbin accepts in silence.

    Exit status 0: nothing found; 1: something found; 2: a file cannot be read.
    """
    texts = [(file, _text(file)) for file in files]
    found = [finding for file, text in texts for finding in findings(text, file)]
    for finding in found:
        screen.show(f"{screen.strong(f'{finding.name}:{finding.line}')}  {screen.named(finding.trap)}")
        screen.show(screen.wrapped(screen.visible(finding.message), indent="    "))
        screen.show(screen.wrapped(screen.visible(finding.fix), first="  → ", indent="    "))
    if found:
        screen.show(
            f"{screen.tick(is_so=False)} {len(found)} found in {', '.join(dict.fromkeys(each.name for each in found))}"
        )
        context.exit(1)
    screen.show(f"{screen.tick(is_so=True)} nothing found in {', '.join(files)}")


def _text(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except OSError as error:
        problem = f"{file}: {error.strerror or error}: name a model file"
    except UnicodeDecodeError as error:
        problem = f"{file}: byte {error.start} is not UTF-8: save the file as UTF-8"
    raise screen.BadInput(problem)

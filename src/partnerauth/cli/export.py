"""The commands `export users` and `export rights`: overviews as files (KP-13)."""

from __future__ import annotations

import secrets

import click

from partnerauth.adapters.exports import WRITERS
from partnerauth.cli import screen
from partnerauth.cli.audit import made, operator_option, written
from partnerauth.cli.portal import read
from partnerauth.cli.stores import opened, store_option
from partnerauth.decision import Refused
from partnerauth.embed import PartnerAuth
from partnerauth.entities import Operator
from partnerauth.overviews import Name, take


@click.command("export")
@click.argument("overview", type=click.Choice(["users", "rights"]))
@click.option("--portal", required=True, metavar="NAME_OR_FILE", help="A shipped portal, or a portal file.")
@store_option
@operator_option
@click.option("--organisation", metavar="ID", default="", help="Of one organisation; of all when left out.")
@click.option("--form", type=click.Choice([*WRITERS]), required=True, help="csv, xlsx or pdf.")
@click.option("-o", "--output", metavar="FILE", required=True, help="Where to write it.")
def export(  # noqa: PLR0913 - one parameter for each option
    *, overview: Name, portal: str, store: str, operator: str, organisation: str, form: str, output: str
) -> None:
    """Export the users of an organisation, or what each of them was given; that it was exported is recorded."""
    found = read(portal)
    with opened(store) as kept:
        # No link is made here, so that any key will do.
        auth = PartnerAuth(found, kept, key=secrets.token_bytes(32))
        answer = take(auth, Operator(name=operator), overview, form=form, organisation=organisation)
    if isinstance(answer, Refused):
        raise screen.BadInput(", ".join(answer.codes))
    written(output, made(answer, form))
    screen.show(f"{screen.tick(is_so=True)} {output}: {screen.count(len(answer.rows), 'row')}")

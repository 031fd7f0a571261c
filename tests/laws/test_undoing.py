"""Histories come back to what they did: a command is undone by another, and given again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partnerauth.adapters.memory import MemoryStore
from partnerauth.entities import Operator, OrganisationId
from partnerauth.flow import Command
from partnerauth.flows import FLOWS
from partnerauth.flows.cancel_invitation import CancelInvitation
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.invite import Invite
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.resend_invitation import ResendInvitation
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.withdraw import Withdraw
from partnerauth.portals import read_portal
from partnerauth.testing import Scene
from partnerauth.testing.shortening import Story
from partnerauth.testing.undoing import OPPOSITES, again, opposite, worth_undoing

ACME = OrganisationId("acme")


def story(portal: str, *commands: Command) -> Story:
    told = Story(read_portal(portal), MemoryStore(), {}, {})
    for each in (OpenOrganisation(organisation=ACME, name="Acme NV"), *commands):
        told.give(Operator(), each)
    return told


def scene(told: Story) -> Scene:
    return Scene(portal=told.portal, state=told.world.state, done=told.ledger.done)


@pytest.mark.parametrize("word", OPPOSITES)
def test_what_undoes_a_command_is_about_the_same(word: str) -> None:
    named = {*FLOWS[word].command.model_fields, *(["user"] if word == "invite" else [])}
    needed = {name for name, field in FLOWS[OPPOSITES[word]].command.model_fields.items() if field.is_required()}
    assert needed <= named


def test_a_switch_is_turned() -> None:
    on = SetOption(organisation=ACME, option="ftp", enabled=True)
    told = story("bpost", on)
    off = opposite(told.ledger.done[-1])
    assert off == SetOption(organisation=ACME, option="ftp", enabled=False)
    assert again(scene(told), "set-option") == ((Operator(), off), (Operator(), on))


def test_whom_a_command_made_is_whom_its_opposite_names() -> None:
    told = story("kundenportal", Invite(organisation=ACME, email="anna@acme.example"))
    invited = told.ledger.done[-1]
    assert invited.created
    assert opposite(invited) == CancelInvitation(user=invited.created)


def test_what_was_refused_is_not_done_again() -> None:
    told = story("bpost", SetOption(organisation=ACME, option="no-such-option", enabled=True))
    assert [turn.word for turn in told.ledger.done] == ["open-organisation"]
    assert again(scene(told), "set-option") == ()


def test_what_others_were_built_on_is_undone_rather_than_what_stands_alone() -> None:
    invitations = [Invite(organisation=ACME, email=f"{name}@acme.example") for name in ("anna", "ben")]
    told = story("kundenportal", *invitations)
    _, anna, ben = told.ledger.done
    assert worth_undoing(told.ledger.done, "invite") == (anna, ben)
    assert anna.created
    told.give(Operator(), ResendInvitation(user=anna.created))
    assert worth_undoing(told.ledger.done, "invite") == (anna,)


def test_what_was_left_out_is_named_where_its_opposite_asks_for_it() -> None:
    told = story("bpost", SetOption(organisation=ACME, option="ftp", enabled=True))
    given = Delegate(organisation=OrganisationId("print"), application="emasspost", rights=("creation",))
    turn = replace(told.ledger.done[-1], command=given)
    assert opposite(turn) == Withdraw(
        organisation=OrganisationId("print"), application="emasspost", account="-", rights=("creation",)
    )

"""Whoever only claims a name, and never proved that it is his, does not keep it from somebody who is let in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.flows.portals import PASSWORD, PERSON, VISITOR, Customers, Dealers, changed
from tests.flows.town import OPERATOR, Town

from partnerauth.adapters.sql import SqlStore
from partnerauth.decision import Accepted
from partnerauth.directory import AccessRequestOf, LoginNameByKey
from partnerauth.entities import Member, State, UserId
from partnerauth.events import ClaimLapsed
from partnerauth.flows.cancel_invitation import CancelInvitation
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.invite import Invite
from partnerauth.flows.refuse_access import RefuseAccess
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.policy.portal import Portal
from partnerauth.portals import parse_portal, portal_text, read_portal
from partnerauth.testing.clockwork import world

OTTO = "otto@acme.example"
DETAILS = {"username": "OTTO", "gender": "man", "first-name": "Otto", "last-name": "Peeters", "email": OTTO}


def squats(town: Town, email: str = OTTO, username: str = "Otto", organisation: str = "void") -> UserId:
    details = {"email": email, "first-name": "X", "last-name": "Y"} | ({"username": username} if username else {})
    known = set(town.portal.forms.grid.rows)
    asked = town.accepts(
        VISITOR,
        RequestAccess,
        organisation=organisation,
        application=next(iter(town.portal.applications)),
        details={field: value for field, value in details.items() if field in known},
        **({"account": "hq"} if town.portal.accounts else {}),
    )
    assert asked.created is not None
    return asked.created


def claim(town: Town, name: str) -> UserId | None:
    found = town.store.read([LoginNameByKey(name)]).values[LoginNameByKey(name)]
    return found.user if found else None


def lapses(town: Town, user: UserId) -> list[ClaimLapsed]:
    return [each.event for each in town.store.records(about=user) if isinstance(each.event, ClaimLapsed)]


@pytest.mark.rule("GX-12", "BP-01")
@pytest.mark.parametrize("refused", [False, True])
def test_an_administrator_creates_his_colleague_whose_names_a_stranger_has_claimed(
    acme: Town, *, refused: bool
) -> None:
    squatter = squats(acme)
    if refused:
        acme.accepts(OPERATOR, RefuseAccess, user=squatter)

    answer = acme.accepts("anna", CreateUser, details=DETAILS, password="Temp-Fiets-1")

    otto = answer.created
    assert otto is not None
    assert otto != squatter
    assert claim(acme, OTTO) == claim(acme, "otto") == otto
    assert acme.accepts(VISITOR, SignIn, identifier="otto", password="Temp-Fiets-1").session
    gone = acme.user(squatter)
    assert (gone.state, gone.username, gone.email.domain) == (State.REJECTED, "", "lapsed.invalid")
    assert acme.store.read([AccessRequestOf(squatter)]).values == {AccessRequestOf(squatter): None}
    assert acme.codes(OPERATOR, GrantAccess, user=squatter) == ("nothing-requested",)


@pytest.mark.rule("GX-03", "GX-08")
def test_tn_13_a_lapsed_claim_is_on_record_and_nobody_is_told(acme: Town) -> None:
    squatter = squats(acme)
    free = acme.accepts("anna", CreateUser, details={**DETAILS, "email": "a@acme.example", "username": "A1"})
    taken = acme.accepts("anna", CreateUser, details=DETAILS)
    assert [mail.template for mail in free.mails] == [mail.template for mail in taken.mails]
    (lapse,) = lapses(acme, squatter)
    assert (lapse.organisation, lapse.by, set(lapse.names)) == ("", "anna", {OTTO, "otto"})
    assert not [each for each in acme.store.records(organisation="void") if each.event.by == "anna"]
    assert [mail.template for mail in acme.mails(OTTO)] == ["temporary-password"]


@pytest.mark.rule("GX-12")
def test_a_user_name_alone_goes_and_the_request_stays(acme: Town) -> None:
    waits = squats(acme, email="other@void.example")
    created = acme.accepts("anna", CreateUser, details=DETAILS).created
    assert claim(acme, "otto") == created
    assert claim(acme, "other@void.example") == waits
    assert (acme.user(waits).state, acme.user(waits).username) == (State.PENDING, "")
    acme.accepts(OPERATOR, GrantAccess, user=waits)
    acme.accepts(VISITOR, ResetPassword, token=acme.mailed("other@void.example"), password="Zomer-Fiets-9")
    assert acme.accepts(VISITOR, SignIn, identifier="other@void.example", password="Zomer-Fiets-9").session


@pytest.mark.rule("GX-12", "GX-03")
def test_a_claim_that_the_operator_or_the_mailbox_has_proved_stays(acme: Town) -> None:
    granted = squats(acme)
    acme.accepts(OPERATOR, GrantAccess, user=granted)
    assert acme.accepts("anna", CreateUser, details=DETAILS).created is None
    assert claim(acme, OTTO) == granted
    waits = squats(acme, email="zoe@acme.example", username="zoe", organisation="limbo")
    acme.accepts(OPERATOR, Deactivate, user=waits)
    details = {**DETAILS, "email": "zoe@acme.example", "username": "zoe2"}
    assert acme.accepts("anna", CreateUser, details=details).created is None


@pytest.mark.rule("GX-12", "BP-01")
def test_of_two_strangers_the_first_waits_and_once_turned_down_keeps_nobody_out(acme: Town) -> None:
    first = squats(acme)
    here = {"organisation": "zinc", "application": "emasspost", "account": "hq"}
    details = {"email": OTTO, "first-name": "Otto", "last-name": "Peeters"}
    assert acme.accepts(VISITOR, RequestAccess, **here, details=details).created is None
    acme.accepts(OPERATOR, RefuseAccess, user=first)
    second = acme.accepts(VISITOR, RequestAccess, **here, details=details).created
    assert second not in {None, first}
    assert claim(acme, OTTO) == second
    assert len(lapses(acme, first)) == 1


@pytest.mark.rule("GX-12", "GX-11")
def test_whoever_proves_the_mailbox_has_the_address(acme: Town) -> None:
    squatter = squats(acme, email="ben.new@acme.example", username="")
    acme.accepts("ben", ChangeEmail, email="ben.new@acme.example")
    acme.accepts(VISITOR, ConfirmEmail, token=acme.mailed("ben.new@acme.example"))
    assert claim(acme, "ben.new@acme.example") == "ben"
    assert acme.user(squatter).state is State.REJECTED


def with_requests(name: str) -> Portal:
    """Return a shipped portal in which a visitor can ask for access, too, and an administrator create users."""
    begins, grid, ends = re.split(r"(?<=\[forms\]\ngrid = \"\"\"\n)(.*?)(?=\"\"\")", portal_text(name), flags=re.DOTALL)
    header, *rows = grid.splitlines()
    wider = [f"{header} | request-access | create-user", *(f"{row} | O | O" for row in rows)]
    offers = 'request-access = ["visitor"]\ngrant-access = ["operator"]\ncreate-user = ["administrator"]\n'
    offered = begins.replace("[offers]\n", f"[offers]\n{offers}")
    return parse_portal("\n".join([offered + wider[0], *wider[1:], ends]), name)


@pytest.mark.rule("GX-12", "KP-01")
def test_an_invitation_takes_an_address_over_that_somebody_only_claims() -> None:
    town = Town(with_requests("kundenportal"))
    town.company("blech", accounts={})
    town.person("eva", "blech", management=("manage-administrators", "manage-users"), username="")
    squatter = squats(town, email="max@blech.example", username="")
    invited = town.accepts("eva", Invite, email="max@blech.example").created
    assert invited not in {None, squatter}
    assert claim(town, "max@blech.example") == invited
    assert town.user(squatter).state is State.REJECTED


@pytest.mark.rule("GX-01", "KP-01")
def test_whoever_was_turned_away_elsewhere_is_invited_as_somebody_new(customers: Customers) -> None:
    before = customers.invite("zoe", "max@zinn.example")
    customers.accepts("zoe", CancelInvitation, user=before)
    customers.portal = changed("kundenportal", invitation=read_portal("bpost").invitation)
    invited = customers.invite("eva", "max@zinn.example")
    assert invited != before
    assert (customers.user(before).organisation, customers.user(before).email.domain) == ("zinn", "lapsed.invalid")
    assert customers.comes_in("max@zinn.example") == invited
    assert [event.organisation for event in lapses(customers, before)] == [""]


@pytest.mark.rule("GX-12", "DP-01")
def test_a_registration_takes_an_address_over_that_somebody_only_claims() -> None:
    dealers = Dealers(with_requests("dealerportal"))
    squatter = squats(dealers, email="kim@fixit.example", username="")
    kim = dealers.joins(details=PERSON)
    assert kim != squatter
    assert claim(dealers, "kim@fixit.example") == kim
    assert dealers.codes(VISITOR, SignIn, identifier="kim@fixit.example", password=PASSWORD) == ("approval-pending",)


@pytest.mark.rule("GX-12")
def test_a_joiner_who_waits_has_proved_his_mailbox_and_keeps_it() -> None:
    dealers = Dealers(with_requests("dealerportal"))
    kim = dealers.joins()
    details = {**PERSON, "email": "kim@fixit.example"}
    assert dealers.codes("ann", CreateUser, details=details) == ("already-exists",)
    assert claim(dealers, "kim@fixit.example") == kim


@pytest.mark.rule("GX-12")
def test_in_a_database_the_name_moves_in_the_same_transaction(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path}/portal.db")
    portal = world("bpost", store)

    def asks(organisation: str, email: str, username: str) -> UserId:
        details = {"email": email, "username": username, "first-name": "X", "last-name": "Y"}
        fields = {"organisation": organisation, "application": "emasspost", "account": "hq", "details": details}
        answer = portal.execute(VISITOR, RequestAccess.model_validate(fields))
        assert isinstance(answer, Accepted)
        assert answer.created is not None
        return answer.created

    anna, squatter = asks("acme", "anna@acme.example", "anna"), asks("void", OTTO, "Otto")
    portal.execute(OPERATOR, GrantAccess(user=anna))
    link = portal.secret(portal.store.outbox()[-1].mail.token)
    portal.execute(VISITOR, ResetPassword.model_validate({"token": link, "password": "Zomer-Fiets-9"}))

    answer = portal.execute(Member(user=anna), CreateUser(details=DETAILS))

    assert isinstance(answer, Accepted)
    names = [LoginNameByKey(name) for name in (OTTO, "otto")]
    assert [portal.store.read([name]).values[name].user for name in names] == [answer.created] * 2
    gone = portal.view().user(squatter)
    assert gone is not None
    assert (gone.state, gone.email.domain) == (State.REJECTED, "lapsed.invalid")
    store.close()

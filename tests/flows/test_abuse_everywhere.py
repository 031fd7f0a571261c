"""Abuse cases of all sections: proofs for one person, names for one thing, and rights that stay where they are."""

from __future__ import annotations

import sys
from datetime import timedelta
from inspect import getsource
from time import process_time
from typing import Any

import pytest
from pydantic import ValidationError
from tests.flows.portals import NAMED, PASSWORD, Customers, session, sso
from tests.flows.town import OPERATOR, VISITOR, Town, words

from partnerauth.addresses import parse
from partnerauth.decision import Accepted, Refused
from partnerauth.directory import CredentialOf
from partnerauth.entities import Member, Operator, State, System, UserId, Visitor
from partnerauth.events import UserMoved
from partnerauth.flows import FLOWS
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.grant import Grant
from partnerauth.flows.import_allow_list import ImportAllowList
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_contract import SetContract
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.portals import read_portal, shipped
from partnerauth.testing.clockwork import World, world

DETAILS = {"username": "DORA", "gender": "woman", "first-name": "Dora", "last-name": "Smet"}
EDI = (
    {"email": "lea@garage.example", "organisation": "garage"},
    {"email": "bo@other.example", "organisation": "other"},
)


@pytest.fixture
def edi() -> World:
    """Two organisations with one user each, both of them on the list."""
    portal = world("edi")
    portal.execute(System(), ImportAllowList.model_validate({"entries": EDI, "sequence": 1}))
    return portal


@pytest.fixture
def router(acme: Town) -> Town:
    """A subcontractor: Rik administers its e-MassPost, and Rob is a user."""
    acme.company("router", {"desk": {}}, subcontractor=True)
    acme.person("rik", "router", management=["manage-users"], rights={("emasspost", "desk"): "administrator-role"})
    acme.person("rob", "router")
    return acme


def signed_in(portal: World, email: str, **claims: Any) -> Member:  # noqa: ANN401 - what a provider says
    """Sign in by a provider who has verified the address."""
    return session(sso(portal, email, email=email, email_verified=True, **claims))


# Proofs (TK, SE).


@pytest.mark.rule("GX-04")
def test_tk_22_no_command_says_where_to_go_on_to() -> None:
    fields = {field for flow in FLOWS.values() for field in flow.command.model_fields}
    assert not {each for each in fields if any(word in each for word in ("url", "uri", "next", "redirect", "target"))}


@pytest.mark.rule("KP-07", "GX-08")
def test_tk_29_whoever_uses_a_forwarded_invitation_becomes_whom_it_was_for(customers: Customers) -> None:
    max_ = customers.invite("eva", "max@blech.example")
    given = {"password": PASSWORD, "token": customers.mailed("max@blech.example")}
    other = {**NAMED, "email": "kim@blech.example"}
    assert customers.codes(VISITOR, AcceptInvitation, **given, details=other) == ("unknown-name",)
    customers.accepts(VISITOR, AcceptInvitation, **given, details=NAMED)
    assert customers.user(max_).email.key == "max@blech.example"
    assert "InvitationAccepted" in customers.recorded(max_)


@pytest.mark.rule("GX-04")
def test_tk_31_a_proof_counts_for_whom_it_was_sent_to_alone(acme: Town) -> None:
    acme.accepts(VISITOR, RequestReset, identifier="mia")
    before = acme.store.read([CredentialOf(UserId("anna"))]).values
    acme.accepts(VISITOR, ResetPassword, token=acme.mailed("mia@acme.example"), password="Zomer-Trein-9")
    assert acme.store.read([CredentialOf(UserId("anna"))]).values == before
    acme.refuses(VISITOR, SignIn, identifier="anna", password="Zomer-Trein-9")
    acme.accepts(VISITOR, SignIn, identifier="mia", password="Zomer-Trein-9")


@pytest.mark.rule("ED-07")
def test_tk_31_an_account_at_one_provider_is_none_at_another(edi: World) -> None:
    signed_in(edi, "lea@garage.example")
    answer = sso(edi, "lea@garage.example", provider="other", email="x@y.example", email_verified=True)
    assert isinstance(answer, Refused)


@pytest.mark.rule("ED-07")
def test_so_08_an_account_is_linked_by_a_verified_address_alone_and_once(edi: World) -> None:
    assert isinstance(sso(edi, "lea", email="lea@garage.example", email_verified=False), Refused)
    signed_in(edi, "lea@garage.example")
    assert isinstance(sso(edi, "lea", email="lea@garage.example", email_verified=True), Refused)


@pytest.mark.rule("ED-07")
def test_so_19_what_one_provider_proved_does_not_count_at_another() -> None:
    portal = read_portal("edi")
    both = portal.model_copy(
        update={"sign_in": portal.sign_in.model_copy(update={"sso_providers": ("microsoft-365", "other")})}
    )
    edi = World(both)
    edi.execute(System(), ImportAllowList.model_validate({"entries": EDI, "sequence": 1}))
    signed_in(edi, "lea@garage.example")
    answer = sso(edi, "lea@garage.example", provider="other", email="", email_verified=False)
    assert isinstance(answer, Refused)


# Giving (DG).


@pytest.mark.rule("BP-04", "BP-28")
def test_dg_03_a_profile_gives_nothing_that_its_giver_does_not_hold(acme: Town) -> None:
    parcels = {"application": "eshipper-international", "account": "hq"}
    wanted = {"profile": "read-only", "rights": ["eshipper-light", "customs-access"]}
    facts = acme.refuses("anna", Grant, user="ben", **parcels, **wanted)
    assert "delegation-limit" in facts
    assert acme.holds("ben", "eshipper-international") == frozenset()


@pytest.mark.rule("ED-01", "GX-01")
def test_dg_04_tn_15_nobody_moves_a_user_but_the_operators_list() -> None:
    moving = [
        word for word, flow in FLOWS.items() if UserMoved.__name__ in getsource(sys.modules[flow.decide.__module__])
    ]
    assert moving == ["import-allow-list"]
    for name in shipped():
        assert set(read_portal(name).offers.get("import-allow-list", ())) <= {"system"}


@pytest.mark.rule("BP-28")
def test_dg_06_a_profile_that_is_widened_later_widens_nobody(acme: Town) -> None:
    parcels = {"application": "eshipper-international", "account": "hq"}
    given = {"profile": "general", "rights": ["general-access", "borderel-10"], "resources": {"contract": ["BPI-1"]}}
    acme.accepts("anna", Grant, user="ben", **parcels, **given)
    assert acme.holds("ben", "eshipper-international") == words("general-access borderel-10 contract:BPI-1")
    assert not hasattr(acme.newest, "profile")


@pytest.mark.rule("GX-02", "GX-08")
def test_dg_13_a_session_speaks_for_its_own_user_whatever_else_is_said(acme: Town) -> None:
    session = acme.accepts(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62").session
    posing = Member(user=UserId("anna"), session=session)
    acme.accepts(posing, UpdateDetails, details={"phone": "1"})
    assert acme.newest.by == "ben"
    assert acme.codes(posing, Deactivate, user="mia") == ("management-right-missing",)


# Tenants (TN).


@pytest.mark.rule("GX-01", "BP-08")
def test_tn_03_no_order_of_the_list_shows_more_than_its_own_rows(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    by_name = [user.id for user in acme.view().users("acme")]
    for column in ("password_hash", "state", "epoch", "", "email; drop table users"):
        assert [user.id for user in acme.view().users("acme", sort=column)] == by_name  # type: ignore[arg-type]
    assert "gert" not in by_name


@pytest.mark.rule("GX-01", "BP-12")
def test_tn_08_a_right_on_one_account_is_none_on_another_organisations(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex", rights={("distriplanner", "hq"): "quick-view"})
    assert acme.view().can("gert", "distriplanner", "quick-view", account="hq")
    for account in ("acme/hq", "acme/depot"):
        assert not acme.view().can("gert", "distriplanner", "quick-view", account=account)
        assert acme.denies("gert", "distriplanner", "quick-view", account=account) == "other-organisation"


@pytest.mark.rule("ED-01", "GX-01")
def test_tn_09_a_feed_touches_the_organisations_of_its_lines_alone(edi: World) -> None:
    before = edi.view().users("other")
    lines = [*EDI, {"email": "lou@garage.example", "organisation": "garage"}]
    edi.execute(System(), ImportAllowList.model_validate({"entries": lines, "sequence": 2}))
    assert edi.view().users("other") == before
    assert len(edi.view().users("garage")) == 2


@pytest.mark.rule("GX-01", "BP-12")
def test_tn_14_what_names_no_account_is_not_allowed_on_any(acme: Town) -> None:
    assert not acme.view().can("anna", "collect-stamp", "search-invoices")
    assert not acme.view().can("anna", "collect-stamp", "search-invoices", account="")
    given = {"application": "collect-stamp", "rights": ["search-invoices"]}
    assert acme.codes("anna", Grant, user="ben", **given) == ("other-organisation",)


# Leaving, and subcontractors (LC, SC).


@pytest.mark.rule("BP-09", "GX-07")
def test_lc_12_nobody_is_deactivated_in_bulk() -> None:
    for many in (["anna", "mia"], ("anna", "mia"), {"anna": 1}):
        with pytest.raises(ValidationError, match="user"):
            Deactivate.model_validate({"user": many})


@pytest.mark.rule("GX-01", "GX-12")
def test_sc_07_an_address_is_one_user_of_one_subcontractor(router: Town) -> None:
    router.company("carrier", {"desk": {}}, subcontractor=True)
    router.person("cas", "carrier", management=["manage-users"])
    router.accepts("cas", CreateUser, details={**DETAILS, "email": "rob@router.example"})
    assert [user.id for user in router.view().users("carrier")] == ["cas"]
    router.accepts("cas", CreateUser, details={**DETAILS, "email": "rob@carrier.example"})
    assert len(router.view().users("carrier")) == 2


@pytest.mark.rule("BP-26", "BP-31")
def test_sc_11_a_contract_that_has_ended_counts_no_longer_from_the_next_question_on(acme: Town) -> None:
    acme.person("nat", rights={("eshipper-national", "hq"): "user contract:C-1"})
    assert acme.view().can("nat", "eshipper-national", "user", account="hq", resources={"contract": "C-1"})
    acme.accepts(OPERATOR, SetContract, organisation="acme", account="hq", contract="C-1", active=False)
    assert not acme.view().can("nat", "eshipper-national", "user", account="hq", resources={"contract": "C-1"})


@pytest.mark.rule("ED-07", "GX-01")
def test_sc_12_no_claim_of_a_provider_gives_rights(edi: World) -> None:
    signed_in(edi, "lea@garage.example", groups=["administrators"], roles=["admin"], organisation="other")
    signed_in(edi, "bo@other.example")
    (lea,), (bo,) = edi.view().users("garage"), edi.view().users("other")
    assert lea.management == frozenset()
    assert [*edi.view().rights_of(lea.id).values()] == [*edi.view().rights_of(bo.id).values()]
    assert [user.email.key for user in edi.view().users("other")] == ["bo@other.example"]


@pytest.mark.rule("BP-31", "BP-32")
def test_ds_07_what_was_passed_on_is_not_passed_on_again(router: Town) -> None:
    router.company("carrier", {"desk": {}}, subcontractor=True)
    given = {"application": "emasspost", "rights": ["creation"]}
    router.accepts("anna", Delegate, organisation="router", account="hq", **given)
    router.accepts("rik", PassOn, user="rob", account="acme/hq", **given)
    assert "other-organisation" in router.codes("rik", Delegate, organisation="carrier", account="acme/hq", **given)


# At the same moment, and on record (CC, AU).


@pytest.mark.rule("BP-04", "BP-10")
def test_cc_03_of_two_who_give_at_once_nothing_is_lost(acme: Town) -> None:
    given = {"user": "ben", "application": "emasspost", "account": "hq"}
    meanwhile: list[object] = []
    answer = acme.interrupted(
        "anna",
        Grant,
        lambda: meanwhile.append(acme.accepts(OPERATOR, Grant, **given, rights=["view-prices"])),
        **given,
        rights=["creation"],
    )
    assert isinstance(answer, Accepted)
    assert len(meanwhile) == 1
    assert acme.holds("ben", "emasspost") == words("creation view-prices")


@pytest.mark.rule("GX-04", "KP-07")
def test_cc_11_an_invitation_is_used_up_just_where_its_user_came_in(customers: Customers) -> None:
    max_ = customers.invite("eva")
    token = customers.mailed("max@blech.example")
    accept = {"token": token, "password": PASSWORD, "details": NAMED}

    customers.fails_to_store(VISITOR, AcceptInvitation, **accept)
    assert customers.user(max_).state is State.INVITED
    customers.accepts(VISITOR, AcceptInvitation, **accept)
    assert customers.codes(VISITOR, AcceptInvitation, **accept) == ("invitation-used",)


@pytest.mark.rule("GX-08")
def test_au_07_no_command_says_who_gives_it() -> None:
    fields = {field for flow in FLOWS.values() for field in flow.command.model_fields}
    assert not fields & {"by", "actor", "on_behalf_of", "as_user", "created_by", "inviter", "operator"}


@pytest.mark.rule("GX-01", "GX-08")
def test_au_10_an_organisations_record_is_its_own(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex", management=["manage-users"])
    acme.accepts("gert", UpdateDetails, details={"phone": "1"})
    acme.codes("gert", Deactivate, user="anna")
    events = [each.event for each in acme.store.records(organisation="acme")]
    assert {event.organisation for event in events} == {"acme"}
    assert not any(event.by == "gert" for event in events)


@pytest.mark.rule("GX-05", "GX-08")
def test_au_11_failed_tries_are_on_record_and_cannot_fill_it(acme: Town) -> None:
    acme.refuses(VISITOR, SignIn, identifier="anna", password="wrong")
    assert acme.recorded("anna") == ["wrong-password"]
    acme.refuses("ben", Grant, user="anna", application="emasspost", account="hq", rights=["creation"])
    assert "management-right-missing" in acme.recorded("anna")[-1]
    acme.execute(
        VISITOR, SignIn.model_validate({"identifier": "x" * 1_000_000, "password": "y", "source": "z" * 10**6})
    )
    assert len(repr(acme.newest)) < 2_000


@pytest.mark.rule("GX-08", "GX-10")
def test_au_12_records_keep_their_order_when_the_clock_is_set_back(acme: Town) -> None:
    acme.accepts("ben", UpdateDetails, details={"phone": "1"})
    acme.clock.advance(-timedelta(days=1))
    acme.accepts("ben", UpdateDetails, details={"phone": "2"})
    first, second = acme.store.records(about="ben")[-2:]
    assert first.position < second.position
    assert first.event.at > second.event.at


# Feeds (FD).


@pytest.mark.rule("ED-01", "ED-10", "GX-01")
def test_fd_05_whom_a_line_names_elsewhere_brings_nothing_along(edi: World) -> None:
    (bo,) = edi.view().users("other")
    session = signed_in(edi, "bo@other.example")
    lines = [EDI[0], {"email": "bo@other.example", "organisation": "garage"}]
    edi.execute(System(), ImportAllowList.model_validate({"entries": lines, "sequence": 2}))
    assert "UserMoved" in [each.event.name for each in edi.store.records(about=bo.id)]
    assert isinstance(edi.execute(session, UpdateDetails(details={"phone": "1"})), Refused)
    assert not edi.view().can(bo.id, "leads", "view-leads", account="other/-")


@pytest.mark.rule("ED-01")
def test_fd_08_a_feed_is_taken_from_the_operators_machine_alone(edi: World) -> None:
    (lea,) = edi.view().users("garage")
    line = {"email": "eve@evil.example", "organisation": "garage"}
    forged = ImportAllowList.model_validate({"entries": [line], "sequence": 9})
    for who in (Visitor(), Member(user=lea.id), Operator(), signed_in(edi, "lea@garage.example")):
        assert isinstance(edi.execute(who, forged), Refused), who
    assert len(edi.view().users("garage")) == 1


# Denial of service (DS).


@pytest.mark.rule("GX-12")
@pytest.mark.parametrize("text", ["a" * 10**6, "a@" * 10**6, "a." * 10**6 + "@b.example", "@" * 10**6, " " * 10**6])
def test_ds_04_no_address_takes_long_to_read(text: str) -> None:
    started = process_time()
    assert parse(text) is None
    assert process_time() - started < 1


@pytest.mark.rule("BP-03")
def test_ds_06_a_command_that_names_a_hundred_thousand_things_is_answered_in_no_time(acme: Town) -> None:
    named = [f"right-{number}" for number in range(100_000)]
    started = process_time()
    codes = acme.codes("anna", Grant, user="ben", application="emasspost", account="hq", rights=named)
    assert codes == ("unknown-name",)
    assert process_time() - started < 10

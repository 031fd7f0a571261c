"""Sessions where a browser has one user, and how long they last."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.portals import session
from tests.flows.town import Town, acts

from partnerauth.decision import Accepted
from partnerauth.entities import Member, Operator, System, UserId, Visitor
from partnerauth.flow import digest
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.import_allow_list import ImportAllowList
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut
from partnerauth.testing.clockwork import World, world

PASSWORD = "Zomer-Fietsen-9"
LEA, BO = "lea@garage.example", "bo@other.example"


@pytest.fixture
def edi() -> Town:
    portal = Town("edi")
    entries = [{"email": LEA, "organisation": "garage"}, {"email": BO, "organisation": "other"}]
    portal.execute(System(), ImportAllowList.model_validate({"entries": entries, "sequence": 1}))
    for email in (LEA, BO):
        portal.execute(Visitor(), RequestReset(identifier=email))
        link = portal.secret(portal.store.outbox(to=email)[-1].mail.token)
        portal.execute(Visitor(), ResetPassword.model_validate({"token": link, "password": PASSWORD}))
    return portal


def identity(portal: World, email: str) -> UserId:
    organisation = "garage" if email == LEA else "other"
    return portal.view().users(organisation)[0].id


def signed_in(portal: World, email: str, browser: str = "shop", **fields: object) -> Member:
    command = SignIn.model_validate({"identifier": email, "password": PASSWORD, "browser": browser, **fields})
    return session(portal.execute(Visitor(), command))


@pytest.mark.rule("ED-09")
def test_se_02_a_later_sign_in_ends_the_earlier_session_there_and_says_so(edi: World) -> None:
    lea = signed_in(edi, LEA)
    bo = signed_in(edi, BO)

    assert acts(edi, lea) == ("session-replaced",)
    assert acts(edi, bo) == ()
    assert edi.view().signed_in("shop") == identity(edi, BO)
    assert edi.store.records(about=identity(edi, LEA))[-2].event.name == "SessionReplaced"


@pytest.mark.rule("ED-09", "SP-06")
def test_se_13_other_browsers_of_the_user_go_on(edi: World) -> None:
    home = signed_in(edi, LEA, "home")
    signed_in(edi, LEA)
    signed_in(edi, BO)

    assert acts(edi, home) == ()


@pytest.mark.rule("ED-09")
def test_the_same_user_in_two_windows_is_fine(edi: World) -> None:
    one, two = signed_in(edi, LEA), signed_in(edi, LEA)

    assert (acts(edi, one), acts(edi, two)) == ((), ())


@pytest.mark.rule("ED-09")
def test_a_session_that_has_expired_is_not_replaced(edi: World) -> None:
    signed_in(edi, LEA)
    edi.clock.advance(timedelta(hours=13))
    signed_in(edi, BO)

    assert edi.store.records(about=identity(edi, LEA))[-1].event.name == "SignedIn"


@pytest.mark.rule("ED-09")
def test_a_first_password_on_the_browser_of_another_ends_his_session_too(edi: World) -> None:
    lea = signed_in(edi, LEA)
    edi.execute(Visitor(), RequestReset(identifier=BO))
    link = edi.secret(edi.store.outbox(to=BO)[-1].mail.token)
    edi.execute(Visitor(), ResetPassword.model_validate({"token": link, "password": PASSWORD + "!", "browser": "shop"}))

    assert acts(edi, lea) == ("session-replaced",)


@pytest.mark.rule("ED-09")
def test_a_browser_that_is_not_named_is_nobodys(edi: World) -> None:
    lea, bo = signed_in(edi, LEA, ""), signed_in(edi, BO, "")

    assert (acts(edi, lea), acts(edi, bo)) == ((), ())


@pytest.mark.rule("ED-09")
def test_se_14_of_two_sign_ins_at_once_one_session_lives(edi: Town) -> None:
    late: list[Member] = []
    given = {"identifier": LEA, "password": PASSWORD, "browser": "shop"}
    answer = edi.interrupted(Visitor(), SignIn, lambda: late.append(signed_in(edi, BO)), **given)

    assert acts(edi, session(answer)) == ()
    assert [acts(edi, each) for each in late] == [("session-replaced",)]


@pytest.mark.rule("ED-09")
def test_other_portals_do_not_have_the_rule(edi: World) -> None:
    rules = edi.portal.sign_in.model_copy(update={"one_user_per_browser": False})
    shared = world(edi.portal.model_copy(update={"sign_in": rules}), edi.store)
    lea, bo = signed_in(shared, LEA), signed_in(shared, BO)

    assert (acts(shared, lea), acts(shared, bo)) == ((), ())


@pytest.mark.rule("ED-08")
def test_se_08_a_session_ends_by_itself_later_where_the_user_stays(edi: World) -> None:
    today, month = signed_in(edi, LEA, "desk"), signed_in(edi, LEA, "own", stay=True)

    edi.clock.advance(timedelta(hours=12))
    assert (acts(edi, today), acts(edi, month)) == (("sign-in-required",), ())
    edi.clock.advance(timedelta(days=30) - timedelta(hours=12))
    assert acts(edi, month) == ("sign-in-required",)


@pytest.mark.rule("ED-08")
def test_se_06_signing_out_ends_the_session_at_once_and_for_good(edi: World) -> None:
    lea, home = signed_in(edi, LEA, stay=True), signed_in(edi, LEA, "home")

    assert isinstance(edi.execute(lea, SignOut(browser="shop")), Accepted)
    assert acts(edi, lea) == ("sign-in-required",)
    assert acts(edi, home) == ()
    assert edi.view().signed_in("shop") is None


@pytest.mark.rule("ED-08")
def test_signing_out_without_naming_the_browser_ends_the_session_one_acts_in(edi: World) -> None:
    lea, home = signed_in(edi, LEA), signed_in(edi, LEA, "home")

    edi.execute(lea, SignOut())

    assert acts(edi, lea) == ("sign-in-required",)
    assert acts(edi, home) == ()


@pytest.mark.rule("ED-08", "GX-01")
def test_signing_out_never_ends_somebody_elses_session(edi: World) -> None:
    lea, bo = signed_in(edi, LEA), signed_in(edi, BO, "home")

    edi.execute(bo, SignOut(browser="shop"))

    assert acts(edi, lea) == ()


@pytest.mark.rule("GX-02")
def test_se_07_lc_14_a_deactivated_users_session_ends_at_the_next_request(edi: World) -> None:
    lea = signed_in(edi, LEA, stay=True)
    edi.execute(Operator(), Deactivate(user=identity(edi, LEA)))

    assert acts(edi, lea) == ("user-inactive",)


def test_se_01_every_sign_in_has_a_session_of_its_own(edi: World) -> None:
    sessions = {signed_in(edi, LEA).session for _ in range(3)}

    assert len(sessions) == 3


def test_se_09_the_store_holds_no_session_secret(edi: World) -> None:
    lea = signed_in(edi, LEA)

    session = edi.view().session(identity(edi, LEA), "shop")
    assert session is not None
    assert session.digest == digest(lea.session) != lea.session
    assert lea.session not in repr([each.event for each in edi.store.records()])


@pytest.mark.parametrize("session", ["x", "", "\ud800", "0" * 100_000])
def test_se_16_an_unknown_session_is_nobodys(edi: World, session: str) -> None:
    assert acts(edi, Member(session=session)) == ("sign-in-required",)


def test_se_12_nobody_fills_the_store_with_sessions_before_signing_in(edi: World) -> None:
    edi.execute(Visitor(), SignIn.model_validate({"identifier": LEA, "password": "wrong", "browser": "new"}))

    assert edi.view().session(identity(edi, LEA), "new") is None

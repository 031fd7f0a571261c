"""A user's sessions: how they end by themselves, how many there are, and how he lists and ends them."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from tests.flows.portals import session, sso
from tests.flows.town import OPERATOR, VISITOR, Town, acts, bpost

from partnerauth.adapters.sql import SqlStore
from partnerauth.decision import Refused
from partnerauth.directory import LatestSessionIn, SessionsOf
from partnerauth.entities import Member, System, UserId
from partnerauth.flow import digest
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.end_sessions import EndSessions
from partnerauth.flows.import_allow_list import ImportAllowList
from partnerauth.flows.renew_session import RenewSession
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.policy.portal import PortalError, load_portal
from partnerauth.portals import portal_text, read_portal
from partnerauth.testing.clockwork import world

PASSWORD = "Winter-Tram-62"
IDLE = timedelta(minutes=30)


def idling(**sign_in: object) -> Town:
    """Return a portal whose sessions idle, with Ben in it."""
    whole = read_portal("bpost")
    portal = whole.model_copy(
        update={
            "sign_in": whole.sign_in.model_copy(update={"idle": IDLE, **sign_in}),
            "offers": {**whole.offers, "renew-session": ("user",)},
        }
    )
    town = Town(portal)
    town.company("acme")
    town.person("ben", password=PASSWORD)
    return town


def comes(town: Town, browser: str = "", name: str = "ben", password: str = PASSWORD, **fields: object) -> Member:
    answer = town.accepts(VISITOR, SignIn, identifier=name, password=password, browser=browser, **fields)
    return Member(session=answer.session)


def whose(town: Town, who: Member) -> tuple[str, ...]:
    """Return whom a session stands for, or the codes with which it stands for nobody."""
    found = town.view().whose(who.session)
    return found.codes if isinstance(found, Refused) else (found.id,)


@pytest.mark.rule("ED-08", "GX-02")
def test_se_08_a_session_that_idles_ends_though_its_user_stays(acme: Town) -> None:
    for stay in (False, True):
        town = idling()
        ben = comes(town, stay=stay)
        town.clock.advance(IDLE - timedelta(seconds=1))
        assert [each.user for each in town.view().sessions("ben")] == ["ben"]
        town.clock.advance(timedelta(seconds=1))
        assert town.view().sessions("ben") == ()
        assert town.codes(ben, UpdateDetails, details={"phone": "1"}) == ("sign-in-required",)
        assert town.codes(ben, RenewSession) == ("sign-in-required",)
    never = comes(acme, stay=True)
    acme.clock.advance(timedelta(days=29))
    acme.accepts(never, UpdateDetails, details={"phone": "1"})


@pytest.mark.rule("ED-08", "GX-02")
@pytest.mark.parametrize(("command", "fields"), [(RenewSession, {}), (UpdateDetails, {"details": {"phone": "1"}})])
def test_se_08_whoever_does_something_does_not_idle_but_the_absolute_end_stays(
    command: type[RenewSession | UpdateDetails], fields: dict[str, object]
) -> None:
    town = idling(lasts=timedelta(hours=2))
    ben = comes(town)
    for _ in range(5):
        town.clock.advance(timedelta(minutes=23))
        town.accepts(ben, command, **fields)
    town.clock.advance(timedelta(minutes=5))
    assert town.codes(ben, command, **fields) == ("sign-in-required",)


@pytest.mark.rule("GX-02")
def test_a_session_is_written_anew_only_now_and_then() -> None:
    town = idling()
    ben = comes(town)
    (first,) = town.view().sessions("ben")
    town.clock.advance(timedelta(minutes=2))
    town.accepts(ben, RenewSession)
    assert town.view().sessions("ben") == (first,)
    town.clock.advance(timedelta(minutes=1))
    town.accepts(ben, RenewSession)
    assert town.view().sessions("ben")[0].idle_at == town.clock.now() + IDLE


@pytest.mark.rule("GX-02")
def test_a_refused_command_keeps_no_session_from_idling() -> None:
    town = idling()
    ben = comes(town)
    town.clock.advance(IDLE - timedelta(minutes=1))
    town.refuses(ben, Revoke, user="ben", application="emasspost", account="hq", rights=["contracts"])
    town.clock.advance(timedelta(minutes=1))
    assert town.codes(ben, RenewSession) == ("sign-in-required",)


@pytest.mark.rule("GX-02")
def test_a_session_that_began_before_the_portal_had_such_a_limit_idles_from_its_next_use_on() -> None:
    town = idling(idle=None)
    ben = comes(town)
    town.portal = idling().portal
    town.clock.advance(timedelta(hours=1))
    town.accepts(ben, RenewSession)
    town.clock.advance(IDLE)
    assert town.codes(ben, RenewSession) == ("sign-in-required",)


@pytest.mark.rule("GX-02")
def test_whoever_signs_out_stays_signed_out() -> None:
    town = idling()
    ben = comes(town, "shop")
    town.clock.advance(timedelta(minutes=20))
    town.accepts(ben, SignOut)
    assert town.codes(ben, RenewSession) == ("sign-in-required",)


def test_a_limit_that_nobody_can_keep_up_with_is_refused() -> None:
    data = portal_text("edi").replace('stays = "30d"', 'stays = "30d"\nidle = "30m"')

    with pytest.raises(PortalError, match="idle: said where renew-session is offered"):
        load_portal(tomllib.loads(data))
    offered = data.replace('sign-out = ["user"]', 'sign-out = ["user"]\nrenew-session = ["user"]')
    assert load_portal(tomllib.loads(offered)).sign_in.idle == timedelta(minutes=30)


@pytest.mark.rule("SP-06")
def test_se_13_so_many_sessions_live_and_the_oldest_makes_room() -> None:
    town = Town(bpost(sign_in={"most-sessions": 3}))
    town.company("acme")
    town.person("ben", password=PASSWORD)
    there = []
    for number in range(5):
        town.clock.advance(timedelta(minutes=1))
        there.append(comes(town, f"b{number}"))
    assert [each.browser for each in town.view().sessions("ben")] == ["b4", "b3", "b2"]
    assert [acts(town, each) for each in there] == [("sign-in-required",)] * 2 + [()] * 3


@pytest.mark.rule("GX-02")
def test_ds_14_whoever_signs_in_and_out_without_end_fills_no_store() -> None:
    town = Town(bpost(sign_in={"most-sessions": 3}))
    town.company("acme")
    town.person("ben", password=PASSWORD)
    stays = comes(town, "desk")
    for number in range(10):
        town.clock.advance(timedelta(minutes=1))
        town.accepts(comes(town, f"b{number}"), SignOut)
    ben = SessionsOf(UserId("ben"))
    assert len(town.store.read([ben]).values[ben]) == 5
    assert acts(town, stays) == ()
    session = town.view().session("ben", "b9")
    assert session
    assert town.view().session_ended(session)


@pytest.mark.rule("ED-09")
def test_se_13_where_a_browser_has_one_user_the_note_of_its_newest_session_goes_with_it(tmp_path: Path) -> None:
    whole = read_portal("edi")
    portal = whole.model_copy(update={"sign_in": whole.sign_in.model_copy(update={"most_sessions": 1})})
    kept = SqlStore(f"sqlite:///{tmp_path}/portal.db")
    for store in (None, kept):
        edi = world(portal, store)
        entries = [{"email": "lea@garage.example", "organisation": "garage"}]

        edi.execute(System(), ImportAllowList.model_validate({"entries": entries, "sequence": 1}))
        edi.execute(VISITOR, RequestReset(identifier="lea@garage.example"))
        link = edi.secret(edi.store.outbox()[-1].mail.token)
        edi.execute(VISITOR, ResetPassword.model_validate({"token": link, "password": "Zomer-Fietsen-9"}))
        for browser in ("shop", "home", "home", "shop"):
            edi.clock.advance(timedelta(minutes=1))
            signs_in = {"identifier": "lea@garage.example", "password": "Zomer-Fietsen-9", "browser": browser}
            edi.execute(VISITOR, SignIn.model_validate(signs_in))
        (lea,) = edi.view().users("garage")
        assert [each.browser for each in edi.view().sessions(lea.id)] == ["shop"]
        noted = edi.store.read([LatestSessionIn("home"), LatestSessionIn("shop")]).values
        assert noted[LatestSessionIn("home")] is None
        assert noted[LatestSessionIn("shop")] is not None
    kept.close()


@pytest.mark.rule("GX-02", "GX-08")
def test_se_13_a_user_lists_his_sessions_and_ends_one(acme: Town) -> None:
    ben, other = comes(acme, "desk"), comes(acme, "phone")
    comes(acme, "desk", "mia", "Winter-Tram-63")
    listed = {each.browser: each.digest for each in acme.view().sessions("ben")}
    assert set(listed) == {"desk", "phone"}
    acme.accepts(ben, EndSessions, session=listed["phone"])
    assert acts(acme, other) == ("sign-in-required",)
    assert acts(acme, ben) == ()
    assert [each.browser for each in acme.view().sessions("ben")] == ["desk"]
    assert [each.browser for each in acme.view().sessions("mia")] == ["desk"]
    acme.accepts(ben, EndSessions, session=listed["phone"])
    assert acme.recorded("ben").count("SignedOut") == 1


@pytest.mark.rule("GX-02")
def test_se_13_a_user_ends_all_sessions_but_the_one_he_asks_in(acme: Town) -> None:
    ben, *others = (comes(acme, browser) for browser in ("desk", "phone", ""))
    acme.accepts(ben, EndSessions)
    assert [acts(acme, each) for each in (ben, *others)] == [(), ("sign-in-required",), ("sign-in-required",)]
    acme.accepts("ben", EndSessions)
    assert acme.view().sessions("ben") == ()


@pytest.mark.rule("GX-01")
def test_nobody_ends_the_session_of_another_or_learns_whether_there_is_one(acme: Town) -> None:
    ben, mia = comes(acme), comes(acme, name="mia", password="Winter-Tram-63")
    hers = acme.view().sessions("mia")[0].digest
    for named in (hers, "0" * 64, mia.session):
        assert acme.codes(ben, EndSessions, session=named) == ("other-organisation",)
    assert acts(acme, mia) == ()
    assert acme.codes(VISITOR, EndSessions) == ("sign-in-required",)


@pytest.mark.rule("GX-02")
def test_se_09_what_is_listed_is_no_secret(acme: Town) -> None:
    ben = comes(acme)
    (listed,) = acme.view().sessions("ben")
    assert listed.digest == digest(ben.session)
    assert acme.codes(Member(session=listed.digest), UpdateDetails, details={}) == ("sign-in-required",)


@pytest.mark.rule("ED-09", "GX-02")
def test_se_04_what_a_stale_tab_sends_is_never_done_as_the_next_user() -> None:
    town = Town(bpost(sign_in={"one-user-per-browser": True}))
    town.company("acme")
    town.person("ben", password=PASSWORD)
    town.person("mia", password="Winter-Tram-63")
    ben = comes(town, "desk")
    comes(town, "desk", "mia", "Winter-Tram-63")
    assert town.codes(ben, UpdateDetails, details={"phone": "7"}) == ("session-replaced",)
    assert "phone" not in town.user("mia").details


@pytest.mark.rule("BP-10", "GX-02")
def test_se_15_a_session_holds_no_rights_of_its_own(acme: Town) -> None:
    comes(acme)
    acme.person("oda", rights={("distriplanner", "hq"): "quick-view"}, password="Winter-Tram-64")
    oda = comes(acme, name="oda", password="Winter-Tram-64")
    assert acme.view().can("oda", "distriplanner", "quick-view", account="hq")

    acme.accepts(OPERATOR, Revoke, user="oda", application="distriplanner", account="acme/hq", rights=["quick-view"])
    assert not acme.view().can("oda", "distriplanner", "quick-view", account="hq")
    assert acts(acme, oda) == ()


@pytest.mark.rule("ED-07", "ED-09")
def test_se_05_a_sign_in_by_another_provider_ends_the_session_of_whoever_was_there() -> None:
    edi = world("edi")
    entries = [{"email": f"{name}@garage.example", "organisation": "garage"} for name in ("lea", "bo")]
    edi.execute(System(), ImportAllowList.model_validate({"entries": entries, "sequence": 1}))

    def comes_by_sso(name: str) -> Member:
        return session(sso(edi, name, browser="shop", email=f"{name}@garage.example", email_verified=True))

    lea, bo = comes_by_sso("lea"), comes_by_sso("bo")
    assert (acts(edi, lea), acts(edi, bo)) == (("session-replaced",), ())


@pytest.mark.rule("GX-01", "GX-02")
def test_se_19_requests_at_once_never_take_each_other_for_somebody_else(acme: Town) -> None:
    people = {
        name: comes(acme, name=name, password=word) for name, word in (("ben", PASSWORD), ("mia", "Winter-Tram-63"))
    }
    start = Barrier(len(people))

    def works(name: str) -> None:
        start.wait()
        for number in range(40):
            acme.execute(people[name], UpdateDetails(details={"phone": f"{name} {number}"}))

    threads = [Thread(target=works, args=[name]) for name in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in people:
        events = [each.event for each in acme.store.records(about=name) if each.event.name == "DetailsUpdated"]
        assert len(events) == 40
        assert {each.by for each in events} == {name}
        assert acme.user(name).details["phone"] == f"{name} 39"


@pytest.mark.rule("ED-08", "ED-09", "GX-02")
def test_a_page_learns_whose_session_it_is_shown_in_while_that_lives(acme: Town) -> None:
    assert whose(acme, Member(session="guessed")) == whose(acme, Member()) == ("sign-in-required",)
    town = idling(one_user_per_browser=True)
    town.person("mia", password="Winter-Tram-63")
    ben = comes(town, browser="shop")
    assert whose(town, ben) == ("ben",)
    mia = comes(town, browser="shop", name="mia", password="Winter-Tram-63")
    assert (whose(town, ben), whose(town, mia)) == (("session-replaced",), ("mia",))
    town.clock.advance(IDLE)
    assert whose(town, mia) == ("sign-in-required",)
    ben = comes(town)
    town.accepts(OPERATOR, Deactivate, user="ben")
    assert whose(town, ben) == acts(town, ben) == ("user-inactive",)


@pytest.mark.rule("BP-13", "GX-02")
def test_a_page_learns_whose_session_it_is_though_his_password_is_temporary(acme: Town) -> None:
    acme.person("nina", password=PASSWORD, temporary_for=timedelta(days=1))
    nina = comes(acme, name="nina")
    assert whose(acme, nina) == ("nina",)
    assert acts(acme, nina) == ("password-change-required",)

"""Who may act at all, and which session lives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from partnerauth.addresses import EmailAddress
from partnerauth.decision import Reason
from partnerauth.entities import Credential, OrganisationId, Session, State, User, UserId
from partnerauth.policy.standing import acts, members_only, password_is_own, session_lives

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
USER = User(
    id=UserId("ben"),
    organisation=OrganisationId("acme"),
    state=State.ACTIVE,
    email=EmailAddress("ben@acme.example", "ben", "acme.example"),
)
SESSION = Session(digest="d", user=USER.id, browser="b", started_at=NOW, expires_at=NOW + timedelta(hours=1), epoch=0)


def code(reason: Reason | None) -> str | None:
    return reason.code if reason else None


@pytest.mark.rule("GX-02")
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.ACTIVE, None),
        (State.INVITED, "user-inactive"),
        (State.DEACTIVATED, "user-inactive"),
        (State.PENDING, "approval-pending"),
        (State.REJECTED, "approval-rejected"),
    ],
)
def test_only_an_active_user_acts(state: State, expected: str | None) -> None:
    assert code(acts(replace(USER, state=state))) == expected
    assert code(session_lives(SESSION, replace(USER, state=state), None, NOW)) == expected


@pytest.mark.rule("GX-02", "ED-09")
@pytest.mark.parametrize(
    ("session", "credential", "after", "expected"),
    [
        (None, None, timedelta(0), "sign-in-required"),
        (SESSION, None, timedelta(0), None),
        (SESSION, Credential(user=USER.id), timedelta(minutes=59), None),
        (SESSION, Credential(user=USER.id), timedelta(hours=1), "sign-in-required"),
        (SESSION, Credential(user=USER.id, epoch=1), timedelta(0), "sign-in-required"),
        (replace(SESSION, epoch=1), None, timedelta(0), "sign-in-required"),
        (replace(SESSION, ended="sign-in-required"), None, timedelta(0), "sign-in-required"),
        (replace(SESSION, ended="session-replaced"), None, timedelta(0), "session-replaced"),
    ],
)
def test_a_session_lives_until_something_ends_it(
    session: Session | None, credential: Credential | None, after: timedelta, expected: str | None
) -> None:
    assert code(session_lives(session, USER, credential, NOW + after)) == expected


@pytest.mark.rule("ED-09", "GX-02")
def test_a_session_that_was_replaced_says_so_even_to_somebody_who_left() -> None:
    replaced = replace(SESSION, ended="session-replaced")
    assert code(session_lives(replaced, replace(USER, state=State.DEACTIVATED), None, NOW)) == "session-replaced"


@pytest.mark.rule("BP-13")
def test_a_temporary_password_is_not_ones_own_even_once_it_has_expired() -> None:
    assert password_is_own(None) is None
    assert password_is_own(Credential(user=USER.id)) is None
    expired = Credential(user=USER.id, temporary_until=NOW - timedelta(days=1))
    assert code(password_is_own(expired)) == "password-change-required"


@pytest.mark.rule("GX-02")
@pytest.mark.parametrize(
    ("words", "expected"),
    [((), False), (("operator",), False), (("visitor", "user"), False), (("user",), True), (("administrator",), True)],
)
def test_what_is_for_members_only_is_offered_to_them_and_not_to_visitors(
    words: tuple[str, ...], *, expected: bool
) -> None:
    assert members_only(words) is expected

"""The sections of a portal file about feeds, requests by mail, domains and other providers."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from partnerauth.flows import FLOWS
from partnerauth.messages import NOTICES
from partnerauth.policy.portal import COMMANDS, Notice, PortalError, parse_percent
from partnerauth.portals import parse_portal, portal_text, read_portal

BPOST, EDI, SUPPORT = (portal_text(name) for name in ("bpost", "edi", "support"))


def problems(text: str) -> str:
    with pytest.raises(PortalError) as caught:
        parse_portal(text, "mine.toml")
    return str(caught.value)


@pytest.mark.rule("ED-01")
def test_the_share_of_the_feed_is_in_the_portal_file() -> None:
    portal = parse_portal(EDI.replace('share = "20%"', 'share = "5%"'), "mine.toml")

    assert portal.allow_list is not None
    assert portal.allow_list.share == 5


@pytest.mark.parametrize("share", ["0%", "100%", 20])
def test_a_share_is_a_whole_number_of_percent(share: object) -> None:
    assert parse_percent(share) in {0, 20, 100}


@pytest.mark.parametrize("share", ["20", "101%", "-1%", "2.5%", "", 101, None])
def test_anything_else_is_none(share: Any) -> None:  # noqa: ANN401 - whatever a portal file may say
    with pytest.raises(ValueError, match="whole number of percent"):
        parse_percent(share)


@pytest.mark.rule("ED-01", "SP-01", "ED-07", "SP-07")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (EDI.replace('import-allow-list = ["system"]\n', ""), "allow-list: a section where"),
        (EDI.replace("[allow-list]", "[mailed-requests]").replace('share = "20%"', ""), "allow-list: a section where"),
        (EDI.replace('given = "never"', 'given = "together"'), "there are no administrators"),
        (EDI.replace("usernames = false", "usernames = true"), "usernames: false with an allow-list"),
        (BPOST.replace("usernames = true", "usernames = false"), "usernames: true where a form asks for one"),
        (EDI.replace('sso-providers = ["microsoft-365"]', ""), "sign-in.sso-providers: named where"),
        (EDI.replace('sign-in-sso = ["visitor"]\n', ""), "sign-in.sso-providers: named where"),
        (SUPPORT.replace('receive-request = ["system"]\n', ""), "mailed-requests: a section where"),
        (SUPPORT.replace('domains = "linked"', ""), 'domains: "linked" where'),
        (EDI.replace("usernames = false", 'usernames = false\ndomains = "linked"'), 'domains: "linked" where'),
        (SUPPORT.replace('"support.helpdesk.example"]', '"help desk"]'), "is no e-mail domain"),
        (SUPPORT.replace('"no-mail", ', '"no-such", '), "notices.request-reset"),
        (SUPPORT.replace("[notices]\nrequest-reset", "[notices]\nregister"), "notices: unknown register"),
        (SUPPORT.replace("\ngrant =", "\ngrnt ="), "offers.grnt: no such command: did you mean grant?"),
        (SUPPORT.replace("\ngrant =", "\nabolish ="), "offers.abolish: no such command: known are open-organisation, "),
    ],
)
def test_a_section_and_the_commands_that_need_it_belong_together(text: str, problem: str) -> None:
    found = problems(text)

    assert found.startswith("mine.toml")
    assert problem in found


def test_the_notices_of_portal_files_are_those_that_have_words() -> None:
    assert get_args(Notice) == NOTICES


def test_a_portal_can_offer_exactly_the_commands_that_there_are() -> None:
    assert set(COMMANDS) == set(FLOWS)
    assert len(COMMANDS) == len(set(COMMANDS))


OFFERS = {
    "edi": """
        open-organisation:operator import-allow-list:system sign-in:visitor sign-in-sso:visitor sign-out:user
        change-password:user request-reset:visitor reset-password:visitor change-email:user confirm-email:visitor
        update-details:user deactivate:operator reactivate:operator delete:operator""",
    "support": """
        open-organisation:operator receive-request:system link-domain:operator unlink-domain:operator
        invite:operator resend-invitation:operator cancel-invitation:operator accept-invitation:visitor
        grant:operator revoke:operator sign-in:visitor sign-out:user change-password:user request-reset:visitor
        reset-password:visitor change-email:user confirm-email:visitor update-details:user deactivate:operator
        reactivate:operator delete:operator""",
}
"""What section 0 of the rulebook says that these portals offer, and to whom."""


@pytest.mark.rule("ED-01", "SP-01")
@pytest.mark.parametrize("name", OFFERS)
def test_a_portal_offers_what_the_rulebook_says(name: str) -> None:
    offered = {f"{command}:{' '.join(words)}" for command, words in read_portal(name).offers.items()}

    assert offered == {*OFFERS[name].split(), "end-sessions:user"}

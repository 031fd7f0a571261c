"""How an organisation begins that nobody described: with a name, and where there are no accounts the implied one."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from partnerauth.directory import AccountById, OrganisationById
from partnerauth.entities import OrganisationId, account_id
from partnerauth.events import AccountSet, Event, OrganisationOpened
from partnerauth.flow import Needs, Situation


def needs(organisation: OrganisationId) -> Needs:
    """The organisation and its implied account, which must not be there yet."""
    yield OrganisationById(organisation)
    yield AccountById(account_id(organisation))


def opened(s: Situation[Any], organisation: OrganisationId, title: str) -> tuple[Event, ...]:
    """Return the events that open an organisation."""
    opens = OrganisationOpened(organisation=organisation, by=s.by, at=s.now, title=title)
    return (opens, *implied_account(s, organisation, title, by=s.by))


def implied_account(s: Situation[Any], organisation: OrganisationId, title: str, *, by: str) -> tuple[AccountSet, ...]:
    """Return what makes the one account, with all applications; in portals with accounts the operator adds those."""
    if s.portal.accounts:
        return ()
    account = AccountSet(
        organisation=organisation,
        by=by,
        at=s.now,
        account=account_id(organisation),
        title=title,
        applications=frozenset(s.portal.applications),
        contracts=MappingProxyType({}),
        billing_addresses=frozenset(),
    )
    return (account,)

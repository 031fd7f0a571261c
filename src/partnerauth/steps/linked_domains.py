"""How a domain comes to stand for an organisation, whichever flow links it: what to read, the rules, what happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from partnerauth.directory import (
    Directory,
    LinkedDomainByName,
    OrganisationById,
    SelectionOf,
    SelectionsOf,
    UserById,
    UsersOf,
    key_of,
)
from partnerauth.entities import OrganisationId, Selection, User, account_id
from partnerauth.events import DomainLinked, Event, RightsGranted, UserMoved
from partnerauth.flow import IsFreeMail, Needs, Reasons, Situation
from partnerauth.policy import domains, enrolment


def needs(directory: Directory, domain: str, organisation: OrganisationId) -> Needs:
    """What the domain stands for now, and who came in by it, with all that they were given."""
    yield LinkedDomainByName(domain)
    link = directory.find(LinkedDomainByName(domain))
    if link is None:
        return
    yield OrganisationById(link.organisation)
    if not link.opened:
        return
    yield UsersOf(link.organisation)
    for identity in directory.find(UsersOf(link.organisation)) or ():
        yield UserById(identity)
        yield SelectionsOf(identity)
        for selection in directory.find(SelectionsOf(identity)) or ():
            yield key_of(selection)
            yield _there(selection, organisation)


def linkable(s: Situation[Any], domain: str, organisation: OrganisationId) -> Reasons:
    """The domain stands for one organisation alone, and for no other but one that it opened itself (SP-07, EM-13)."""
    link = s.directory.get(LinkedDomainByName(domain))
    taken = link is not None and not link.opened and link.organisation != organisation
    return (
        domains.FREE_MAIL_DOMAIN.broken(domain=domain) if s.answers[IsFreeMail(domain)] else None,
        enrolment.ALREADY_EXISTS.broken(name=domain) if taken else None,
    )


def linked(s: Situation[Any], domain: str, organisation: OrganisationId) -> tuple[Event, ...]:
    """Return the events that link it: users of an organisation that the domain had opened move along (SP-07)."""
    link = s.directory.get(LinkedDomainByName(domain))
    if link and link.organisation == organisation and not link.opened:
        return ()
    links = DomainLinked(organisation=organisation, by=s.by, at=s.now, domain=domain)
    if link is None or not link.opened or link.organisation == organisation:
        return (links,)
    moves = [event for user in _followers(s, domain, link.organisation) for event in _moved(s, user, organisation)]
    return (links, *moves)


def _followers(s: Situation[Any], domain: str, origin: OrganisationId) -> Iterator[User]:
    """Yield the users who came in by the domain: not those of another one that the operator linked there as well."""
    staying = s.directory.the(OrganisationById(origin)).domains - {domain}
    for identity in s.directory.the(UsersOf(origin)):
        user = s.directory.the(UserById(identity))
        if user.email.domain not in staying:
            yield user


def _moved(s: Situation[Any], user: User, organisation: OrganisationId) -> Iterator[Event]:
    """Yield a user's move; what the operator had set for him he keeps, lest to be moved is to be given more."""
    selections = s.directory.the(SelectionsOf(user.id))
    yield UserMoved(
        organisation=organisation,
        by=s.by,
        at=s.now,
        user=user.id,
        origin=user.organisation,
        given=tuple((each.account, each.application) for each in selections),
    )
    for selection in selections:
        yield RightsGranted(
            organisation=organisation,
            by=s.by,
            at=s.now,
            user=user.id,
            account=_there(selection, organisation).account,
            application=selection.application,
            elements=tuple(sorted(selection.elements)),
        )


def _there(selection: Selection, organisation: OrganisationId) -> SelectionOf:
    account = account_id(organisation, selection.account.partition("/")[2])
    return SelectionOf(selection.user, account, selection.application)

"""Flow: an administrator, or the operator, invites somebody by e-mail.

Refuses: unknown-name, not-offered, other-organisation, management-right-missing, delegation-limit, field-required,
field-malformed, email-malformed, email-not-lowercase, domain-mismatch, already-exists, too-many-attempts, and what
`grant` refuses of the rights that are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from partnerauth.addresses import EmailAddress, parse
from partnerauth.decision import Accepted, Answer, Reason, Refused
from partnerauth.directory import (
    AccountById,
    InvitationOf,
    LatestTokenOf,
    LoginNameByKey,
    OrganisationById,
    SelectionOf,
)
from partnerauth.entities import (
    IMPLIED_ACCOUNT,
    Account,
    Element,
    Member,
    Operator,
    Organisation,
    OrganisationId,
    Purpose,
    account_id,
)
from partnerauth.events import Event, UserInvited
from partnerauth.flow import Asks, Command, Flow, IsFreeMail, Needs, Reasons, Situation, found, present, refuse, untold
from partnerauth.policy import delegation, domains, enrolment, forms, isolation, management, offers, rights, selections
from partnerauth.steps import invitations, links, mail_limits, newcomers


class RightsFields(BaseModel):
    """Rights and resources in one application on one account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    application: str
    account: str = IMPLIED_ACCOUNT
    rights: tuple[str, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


Choices: TypeAlias = tuple[tuple[Account, RightsFields], ...]


class Invite(Command):
    """Invite an address; where no rights are named, the new user gets what whoever invites him can give (KP-03).

    A right that is named by itself is one of the portal's only application.  `organisation` is for the operator.
    """

    email: str
    administrator: bool = False
    details: Mapping[str, str] = Field(default_factory=dict)
    rights: tuple[RightsFields | str, ...] = ()
    organisation: OrganisationId = OrganisationId("")


def needs(s: Situation[Invite]) -> Needs:
    """Whose the address is, the organisation, and the accounts that rights are named on with what the inviter holds."""
    yield OrganisationById(_organisation(s))
    address = parse(s.command.email)
    yield from newcomers.needs(s.directory, address)
    yield from mail_limits.needs(s, address)
    if address and (claim := s.directory.find(LoginNameByKey(address.key))):
        yield LatestTokenOf(claim.user, Purpose.INVITATION)
        yield InvitationOf(claim.user)
    for each in _named(s):
        account = account_id(_organisation(s), each.account)
        yield AccountById(account)
        if s.user:
            yield SelectionOf(s.user.id, account, each.application)


def asks(s: Situation[Invite]) -> Asks:
    """An id, a link, and whether anybody can have an address like the inviter's."""
    yield newcomers.NEW_USER
    yield links.NEW_LINK
    if s.user:
        yield IsFreeMail(s.user.email.domain)


def decide(s: Situation[Invite]) -> Answer:
    """Invite him: with no more than the inviter holds himself, and only into the inviter's own domain (KP-05)."""
    organisation = _into(s)
    if isinstance(organisation, Refused):
        return organisation
    choices = _choices(s, organisation)
    if isinstance(choices, Refused):
        return choices
    address = parse(s.command.email)
    holder = newcomers.holder(s, address) if address else None
    is_told = holder is not None and s.tenant in {None, holder.organisation}
    refused = refuse(*_offered(s, organisation, choices)) or refuse(
        *_acceptable(s, address),
        *_by_administrator(s, organisation, choices),
        *_possible(s, organisation, choices),
        enrolment.ALREADY_EXISTS.broken(name=s.command.email) if is_told else None,
    )
    if refused:
        return refused
    address = present(address)
    if holder:
        answer = Accepted(
            events=(untold(s, enrolment.ALREADY_EXISTS.code, address.key),),
            mails=(newcomers.already_registered(s, holder),),
        )
    else:
        answer = _invited(s, address, organisation, choices)
    return mail_limits.unless_too_often(s, address, answer)


def _into(s: Situation[Invite]) -> Organisation | Refused:
    """Return the organisation that somebody is invited into, once every name in the command is known."""
    command, portal = s.command, s.portal
    nobody_is = command.administrator and not portal.management.administrator
    if refused := (
        refuse(offers.NOT_OFFERED.broken(name="administrator") if nobody_is else None)
        or refuse(forms.known_fields(portal, command.word(), command.details, apart=("email",)))
        or refuse(offers.known("application", [each.application for each in _named(s)], portal.applications))
        or refuse(
            *(
                offers.known_choice(portal.applications[each.application], each.rights, each.resources)
                for each in _named(s)
            )
        )
        or refuse(None if _organisation(s) else forms.FIELD_REQUIRED.broken(fields=("organisation",)))
    ):
        return refused
    organisation = s.directory.get(OrganisationById(_organisation(s)))
    if organisation is None or s.tenant not in {None, organisation.id}:
        return Refused((isolation.OTHER_ORGANISATION.broken(names=(_organisation(s),)),))
    return organisation


def _choices(s: Situation[Invite], organisation: Organisation) -> Choices | Refused:
    """Return what was named, each with its account, which is one of the organisation's (TK-08)."""
    choices: list[tuple[Account, RightsFields]] = []
    for each in _named(s):
        account = found(s, AccountById(account_id(organisation.id, each.account)), each.account, within=organisation.id)
        if isinstance(account, Refused):
            return account
        choices.append((account, each))
    return tuple(choices)


def _offered(s: Situation[Invite], organisation: Organisation, choices: Choices) -> Iterator[Reason | None]:
    for account, each in choices:
        yield offers.on_account(account, each.application)
        yield offers.in_country(s.portal.applications[each.application], organisation, each.rights)


def _acceptable(s: Situation[Invite], address: EmailAddress | None) -> Reasons:
    details, email = s.command.details, s.command.email
    return (
        forms.complete(s.portal, s.command.word(), {**details, "email": email}),
        forms.well_formed(details),
        domains.well_formed(address) if email.strip() else None,
        domains.written_in_lower_case(email, s.portal.email_spelling),
        _in_own_domain(s, address) if address and s.portal.invitation.same_domain else None,
    )


def _in_own_domain(s: Situation[Invite], address: EmailAddress) -> Reason | None:
    """A free-mail address vouches for nobody, so whoever has one invites nobody; the operator is exempt (KP-05)."""
    if s.user is None:
        return None
    domain = s.user.email.domain
    return domains.same_domain(address, frozenset() if s.answers[IsFreeMail(domain)] else frozenset({domain}))


def _by_administrator(s: Situation[Invite], organisation: Organisation, choices: Choices) -> Reasons:
    if not isinstance(s.actor, Member):
        return ()
    exceeding = [
        element
        for account, each in choices
        for element in rights.elements(each.rights, each.resources)
        if element not in _mine(s, organisation, account, each.application)
    ]
    return (
        management.reaches(s.portal, s.me, s.command.word(), organisation.id, [_management(s)]),
        delegation.within(exceeding, (), _management(s), s.me.management),
    )


def _mine(s: Situation[Invite], organisation: Organisation, account: Account, code: str) -> frozenset[Element]:
    own = s.directory.get(SelectionOf(s.me.id, account.id, code))
    return rights.of_account(s.portal, code, account, organisation, own)


def _possible(s: Situation[Invite], organisation: Organisation, choices: Choices) -> Iterator[Reason | None]:
    for account, each in choices:
        added = rights.elements(each.rights, each.resources)
        application = s.portal.applications[each.application]
        yield from selections.may_become(application, account, organisation, held=(), added=added, profile=None)


def _invited(s: Situation[Invite], address: EmailAddress, organisation: Organisation, choices: Choices) -> Accepted:
    who = newcomers.newcomer(s, address)
    details = forms.about_the_person(forms.filled(s.portal, s.command.word(), s.command.details))
    event = UserInvited(
        organisation=organisation.id,
        by=s.by,
        at=s.now,
        user=who.id,
        email=address,
        details=details,
        management=_management(s),
        from_operator=isinstance(s.actor, Operator),
        named=tuple(
            (account.id, each.application, rights.elements(each.rights, each.resources)) for account, each in choices
        ),
    )
    told, link = invitations.sent(s, who.credential, address.original, details, organisation.name)
    return Accepted(events=(*who.lapsed, event), mails=(told,), keeps=link, drops=who.gone, created=who.id)


def recorded(s: Situation[Invite], reasons: tuple[Reason, ...]) -> Event:
    """Put a refusal on record under the address."""
    return newcomers.refusal_about(s, reasons, parse(s.command.email))


def _named(s: Situation[Invite]) -> tuple[RightsFields, ...]:
    alone = tuple(each for each in s.command.rights if isinstance(each, str))
    full = tuple(each for each in s.command.rights if not isinstance(each, str))
    only = next(iter(s.portal.applications)) if len(s.portal.applications) == 1 else ""
    return (*full, RightsFields(application=only, rights=alone)) if alone else full


def _management(s: Situation[Invite]) -> frozenset[str]:
    return s.portal.management.administrator if s.command.administrator else frozenset()


def _organisation(s: Situation[Invite]) -> OrganisationId:
    return s.command.organisation or s.tenant or OrganisationId("")


FLOW = Flow(command=Invite, needs=needs, asks=asks, decide=decide, recorded=recorded)

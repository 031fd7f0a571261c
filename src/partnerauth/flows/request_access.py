"""Flow: a company's first person, or an administrator, asks the operator for access to an application.

Refuses: too-many-attempts, unknown-name, other-organisation, management-right-missing, field-required, field-malformed,
email-malformed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import Field

from partnerauth.addresses import EmailAddress, name_key, parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import (
    AccessRequestOf,
    AccountById,
    AdministratorsOf,
    LoginNameByKey,
    OrganisationById,
    UserById,
)
from partnerauth.entities import IMPLIED_ACCOUNT, Mail, OrganisationId, State, User, UserId, Visitor, account_id
from partnerauth.events import AccessRequested, Event, OrganisationOpened
from partnerauth.flow import Asks, Command, DrawId, Flow, Needs, Situation, mail, present, refuse, untold
from partnerauth.policy import domains, enrolment, forms, guessing, isolation, management, offers
from partnerauth.steps import newcomers

NEW_USER = DrawId("user")


class RequestAccess(Command):
    """Ask for an application on an account; a visitor says in `details` who he is, with his address.

    `source` is the address that a visitor's tries are counted by.
    """

    organisation: OrganisationId = OrganisationId("")
    application: str
    account: str = IMPLIED_ACCOUNT
    details: Mapping[str, str] = Field(default_factory=dict)
    source: str = "here"


def needs(s: Situation[RequestAccess]) -> Needs:
    """The organisation and account, the administrators there, and whose names the applicant's are."""
    organisation = _organisation(s)
    yield OrganisationById(organisation)
    yield AccountById(account_id(organisation, s.command.account))
    if s.user:
        yield AccessRequestOf(s.user.id)
        return
    yield AdministratorsOf(organisation, s.portal.management.administrator)
    yield from newcomers.claims(s.directory, _names(s))


def guards(s: Situation[RequestAccess]) -> Iterable[guessing.Guard]:
    """A visitor's source, and the mailbox that he names, whether or not it is known (FD-13, GX-03, TK-30)."""
    if not isinstance(s.actor, Visitor):
        return
    yield guessing.against_arrivals(s.command.source, s.portal.limits)
    if address := parse(s.command.details.get("email", "")):
        yield guessing.against_mailbox(address.mailbox, s.portal.limits)


def asks(_: Situation[RequestAccess]) -> Asks:
    """An id, should the applicant become a user."""
    yield NEW_USER


def decide(s: Situation[RequestAccess]) -> Answer:
    """Note the request; a visitor is never told what his address or company is known for (GX-03)."""
    if refused := refuse(offers.known_application(s.portal, s.command.application)):
        return refused
    return _of_administrator(s) if s.user else _of_visitor(s)


def _of_administrator(s: Situation[RequestAccess]) -> Answer:
    is_mine = _organisation(s) == s.me.organisation
    account = s.directory.get(AccountById(account_id(s.me.organisation, s.command.account))) if is_mine else None
    if refused := refuse(isolation.own(s.tenant, account, s.command.account)) or refuse(
        management.is_administrator(s.portal, s.me)
    ):
        return refused
    return Accepted(events=(_requested(s, s.me.id, s.me.email, enters=False),))


def _of_visitor(s: Situation[RequestAccess]) -> Answer:
    details = s.command.details
    parsed = parse(details.get("email", ""))
    is_implied = s.command.account == IMPLIED_ACCOUNT
    identities = [s.command.organisation, *([] if is_implied else [s.command.account])]
    if refused := refuse(forms.known_fields(s.portal, "request-access", details)) or refuse(
        forms.FIELD_REQUIRED.broken(fields=("account",)) if is_implied and s.portal.accounts else None,
        forms.complete(s.portal, "request-access", details),
        forms.well_formed(details),
        domains.well_formed(parsed) if details.get("email", "").strip() else None,
        None if all(map(forms.identifies, identities)) else forms.FIELD_MALFORMED.broken(fields=("organisation",)),
    ):
        return refused
    address = present(parsed)
    organisation = s.directory.get(OrganisationById(s.command.organisation))
    applicant, taken = _applicant(s)
    if taken:
        event = untold(s, enrolment.ALREADY_EXISTS.code, address.key)
        return Accepted(events=(event,), mails=_to_holder(s, address))
    if s.directory.get(AdministratorsOf(s.command.organisation, s.portal.management.administrator)):
        event = untold(s, enrolment.ADMINISTRATOR_EXISTS.code, address.key, s.command.organisation)
        told = mail(s, "administrator-exists", address.original, _language(details))
        return Accepted(events=(event,), mails=(told,))
    opened: tuple[Event, ...] = newcomers.lapsed(s, _names(s), but=applicant)
    if organisation is None:
        opened += (
            OrganisationOpened(
                organisation=s.command.organisation,
                by=s.by,
                at=s.now,
                title=s.command.organisation,
                requested=True,
            ),
        )
    if applicant:
        return Accepted(events=(*opened, _requested(s, applicant.id, address, enters=False, again=True)))
    user = UserId(s.answers[NEW_USER])
    return Accepted(events=(*opened, _requested(s, user, address, enters=True)), created=user)


def _language(details: Mapping[str, str]) -> Mapping[str, str]:
    """Return what a mail to an address that nobody has proved repeats of the form: no text of a stranger's (TK-30)."""
    return {field: value for field, value in details.items() if field == "language" and value}


def _to_holder(s: Situation[RequestAccess], address: EmailAddress) -> tuple[Mail, ...]:
    """Tell whoever holds the address, at the one on record; of a user name that is taken nobody is told (TK-23)."""
    claim = s.directory.get(LoginNameByKey(address.key))
    holder = s.directory.the(UserById(claim.user)) if claim else None
    return (newcomers.already_registered(s, holder),) if holder else ()


def _requested(
    s: Situation[RequestAccess], user: UserId, address: EmailAddress, *, enters: bool, again: bool = False
) -> AccessRequested:
    details = forms.filled(s.portal, "request-access", s.command.details) if enters else {}
    return AccessRequested(
        organisation=_organisation(s),
        by=s.by,
        at=s.now,
        user=user,
        email=address,
        username=details.get("username", ""),
        details=forms.about_the_person(details),
        account=account_id(_organisation(s), s.command.account),
        application=s.command.application,
        enters=enters,
        again=again,
    )


def _applicant(s: Situation[RequestAccess]) -> tuple[User | None, bool]:
    """Return the applicant where he asked before with this address, and whether a name belongs to somebody else.

    Whoever was turned down elsewhere, and never proved that a name is his, does not keep it from others.
    """
    claimants = newcomers.claimants(s, _names(s))
    mine = [user for user in claimants if _asks_again(s, user)]
    proved = newcomers.holders(s, _names(s))
    gone = [
        user
        for user in claimants
        if user.state is State.REJECTED and user.organisation != s.command.organisation and user not in proved
    ]
    others = [user for user in claimants if user not in mine and user not in gone]
    return (None, True) if others or len(mine) > 1 else (next(iter(mine), None), False)


def _asks_again(s: Situation[RequestAccess], user: User) -> bool:
    return (
        user.state in {State.PENDING, State.REJECTED}
        and user.organisation == s.command.organisation
        and user.email.key == name_key(s.command.details.get("email", ""))
    )


def _names(s: Situation[RequestAccess]) -> tuple[str, ...]:
    names = (name_key(s.command.details.get(field, "")) for field in ("email", "username"))
    return tuple(dict.fromkeys(name for name in names if name))


def _organisation(s: Situation[RequestAccess]) -> OrganisationId:
    return s.command.organisation or (s.user.organisation if s.user else OrganisationId(""))


FLOW = Flow(command=RequestAccess, needs=needs, guards=guards, asks=asks, decide=decide)

"""What completing a registration takes, whichever organisation it is for: the proved address, the form, a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field, SecretStr

from partnerauth.addresses import EmailAddress, parse
from partnerauth.decision import Accepted, Reason, Refused
from partnerauth.directory import Entity, LatestTokenOf
from partnerauth.entities import Purpose, User
from partnerauth.events import Event
from partnerauth.flow import Asks, Command, Needs, Reasons, Situation, refuse, untold
from partnerauth.policy import domains, enrolment, forms, tokens
from partnerauth.steps import links, new_passwords, newcomers
from partnerauth.steps.newcomers import Newcomer


class Registration(Command):
    """`token` is the registration token of whoever verified the address; `confirm` left out equals the password."""

    email: str
    token: SecretStr
    details: Mapping[str, str] = Field(default_factory=dict)
    password: SecretStr | None = None
    confirm: SecretStr | None = None


def needs(s: Situation[Any]) -> Needs:
    """The registration token, whether it is the newest of the address, and whose the address is."""
    address = parse(s.command.email)
    yield from newcomers.needs(s.directory, address)
    yield from links.needs(s.directory, s.command.token)
    if address:
        yield LatestTokenOf(address.key, Purpose.REGISTRATION)


def asks(s: Situation[Any]) -> Asks:
    """An id, and what the password takes."""
    yield newcomers.NEW_USER
    if s.command.password:
        yield from new_passwords.asked(s, s.command.password)


def proved(s: Situation[Any]) -> EmailAddress | Refused:
    """Return the address that the token proves, or refuse: the token is of that very address (TK-02, TK-03)."""
    address = parse(s.command.email)
    if refused := refuse(forms.known_fields(s.portal, s.command.word(), s.command.details, apart=("email",))):
        return refused
    if address is None:
        return Refused((domains.EMAIL_MALFORMED.broken(),))
    token = links.shown(s.directory, s.command.token)
    presented = token if token and token.subject == address.key else None
    latest = s.directory.get(LatestTokenOf(address.key, Purpose.REGISTRATION))
    return refuse(tokens.stands(presented, Purpose.REGISTRATION, latest, None, s.now)) or address


def acceptable(s: Situation[Any]) -> Reasons:
    """The form is complete and well formed, and the password satisfies the policy (DP-05)."""
    details, password = s.command.details, s.command.password or None
    given = {**details, "email": s.command.email, "password": new_passwords.text(password or SecretStr(""))}
    names = new_passwords.words(details, s.command.email)
    return (
        forms.complete(s.portal, s.command.word(), given, besides=("password",)),
        forms.well_formed(details),
        *new_passwords.acceptable(s, password, s.command.confirm, personal=names),
    )


def details(s: Situation[Any]) -> Mapping[str, str]:
    """Return what is kept of the form about the person."""
    return forms.about_the_person(forms.filled(s.portal, s.command.word(), s.command.details))


def kept(s: Situation[Any], newcomer: Newcomer) -> tuple[Entity, ...]:
    """Return the rows of a registration that is complete: the token is used up and the password set."""
    return (*used(s), new_passwords.kept(s, newcomer.credential, s.command.password))


def used(s: Situation[Any]) -> tuple[Entity, ...]:
    """Return the token, used up."""
    token = links.shown(s.directory, s.command.token)
    return (replace(token, used=True),) if token else ()


def taken(s: Situation[Any], holder: User) -> Accepted:
    """Answer like any other registration, and tell the holder of the address alone (GX-03)."""
    return Accepted(
        events=(untold(s, enrolment.ALREADY_EXISTS.code, holder.email.key),),
        mails=(newcomers.already_registered(s, holder),),
        keeps=used(s),
    )


def recorded(s: Situation[Any], reasons: tuple[Reason, ...]) -> Event:
    """Put a refusal on record under the address."""
    return newcomers.refusal_about(s, reasons, parse(s.command.email))

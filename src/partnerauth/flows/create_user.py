"""Flow: an administrator creates a colleague, who holds nothing yet and must change his temporary password.

Refuses: unknown-name, field-required, field-malformed, email-malformed, management-right-missing,
delegation-limit, option-disabled, password-policy, confirmation-mismatch, already-exists,
too-many-attempts.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr

from partnerauth.addresses import EmailAddress, name_key, parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import LoginNameByKey, UserById
from partnerauth.entities import Credential, UserId
from partnerauth.events import UserCreated
from partnerauth.flow import Asks, Command, DrawId, Flow, Needs, Situation, mail, present, refuse, untold
from partnerauth.policy import delegation, domains, enrolment, forms, management, offers, options
from partnerauth.steps import mail_limits, new_passwords, newcomers

NEW_USER = DrawId("user")


class CreateUser(Command):
    """Create a user of one's own organisation; a temporary password that is left out is generated and mailed."""

    details: Mapping[str, str] = Field(default_factory=dict)
    management: frozenset[str] = frozenset()
    password: SecretStr | None = None
    confirm: SecretStr | None = None


def needs(s: Situation[CreateUser]) -> Needs:
    """Whose the names are, what his claim rests on, and the mails of whoever is told."""
    yield from newcomers.claims(s.directory, _names(s))
    yield from mail_limits.needs(s, parse(s.command.details.get("email", "")))
    for name in _names(s):
        if claim := s.directory.find(LoginNameByKey(name)):
            holder = s.directory.find(UserById(claim.user))
            yield from mail_limits.needs(s, holder.email if holder else None)


def asks(s: Situation[CreateUser]) -> Asks:
    """An id, and the hash of the temporary password."""
    yield NEW_USER
    yield from new_passwords.asked(s, s.command.password)


def decide(s: Situation[CreateUser]) -> Answer:
    """Create him, unless a rule is broken; of another organisation's users nothing is told (GX-03).

    A name that somebody only claims is no obstacle: the administrator answers for his colleague (GX-12).
    """
    details = s.command.details
    if refused := refuse(
        forms.known_fields(s.portal, "create-user", details),
        offers.known("management right", s.command.management, s.portal.management.rights),
    ):
        return refused
    address = parse(details.get("email", ""))
    holders = newcomers.holders(s, _names(s))
    strangers = [user for user in holders if user.organisation != s.me.organisation]
    ours = {user.id for user in holders if user not in strangers}
    claims = [s.directory.get(LoginNameByKey(key)) for key in _names(s)]
    if refused := refuse(
        management.reaches(s.portal, s.me, s.command.word(), s.me.organisation, [s.command.management]),
        delegation.within((), (), s.command.management, s.me.management),
        options.management_enabled(s.portal, s.mine, s.command.management),
        forms.complete(s.portal, "create-user", details),
        forms.well_formed(details),
        domains.well_formed(address) if details.get("email", "").strip() else None,
        *new_passwords.acceptable(
            s,
            s.command.password,
            s.command.confirm,
            personal=new_passwords.words(details, details.get("username", ""), details.get("email", "")),
        ),
        enrolment.unclaimed(*(claim for claim in claims if claim and claim.user in ours)),
    ):
        return refused
    if strangers:
        told = strangers[0]
        answer = Accepted(
            events=(untold(s, enrolment.ALREADY_EXISTS.code, present(address).key),),
            mails=(newcomers.already_registered(s, told),),
        )
        return mail_limits.unless_too_often(s, told.email, answer)
    return _created(s, present(address))


def _created(s: Situation[CreateUser], address: EmailAddress) -> Answer:
    details = forms.filled(s.portal, "create-user", s.command.details)
    username = details.get("username", "")
    user = UserId(s.answers[NEW_USER])
    created = UserCreated(
        organisation=s.me.organisation,
        by=s.by,
        at=s.now,
        user=user,
        email=address,
        username=username,
        details=forms.about_the_person(details),
        management=s.command.management,
    )
    expires = s.now + s.portal.lifetimes.temporary_password
    token = new_passwords.generated(s, s.command.password)
    template = "temporary-password" if token else "account-created"
    answer = Accepted(
        events=(*newcomers.lapsed(s, _names(s)), created),
        mails=(mail(s, template, address.original, details, token=token, username=username or address.original),),
        keeps=(new_passwords.kept(s, Credential(user=user), s.command.password, temporary_until=expires),),
        created=user,
    )
    return mail_limits.unless_too_often(s, address, answer)


def _names(s: Situation[CreateUser]) -> tuple[str, ...]:
    names = (name_key(s.command.details.get(field, "")) for field in ("email", "username"))
    return tuple(dict.fromkeys(name for name in names if name))


FLOW = Flow(command=CreateUser, needs=needs, asks=asks, decide=decide)

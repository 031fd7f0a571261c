"""Flow: an administrator creates a colleague, who holds nothing yet and must change his temporary password.

Refuses: unknown-name, field-required, field-malformed, email-malformed, management-right-missing,
delegation-limit, option-disabled, password-policy, confirmation-mismatch, already-exists.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr

from partnerauth import new_passwords
from partnerauth.addresses import EmailAddress, name_key, parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import LoginNameByKey, UserById
from partnerauth.entities import Credential, UserId
from partnerauth.events import UserCreated
from partnerauth.flow import Asks, Command, DrawId, Flow, Needs, Situation, mail, present, refuse, untold
from partnerauth.policy import delegation, domains, enrolment, forms, management, offers, options

NEW_USER = DrawId("user")


class CreateUser(Command):
    """Create a user of one's own organisation; a temporary password that is left out is generated and mailed."""

    details: Mapping[str, str] = Field(default_factory=dict)
    management: frozenset[str] = frozenset()
    password: SecretStr | None = None
    confirm: SecretStr | None = None


def needs(s: Situation[CreateUser]) -> Needs:
    """Whose the names are."""
    for key in _names(s):
        yield LoginNameByKey(key)
        if claim := s.directory.find(LoginNameByKey(key)):
            yield UserById(claim.user)


def asks(s: Situation[CreateUser]) -> Asks:
    """An id, and the hash of the temporary password."""
    yield NEW_USER
    yield from new_passwords.asked(s, s.command.password)


def decide(s: Situation[CreateUser]) -> Answer:
    """Create him, unless a rule is broken; of another organisation's users nothing is told (GX-03)."""
    details = s.command.details
    if refused := refuse(
        forms.known_fields(s.portal, "create-user", details),
        offers.known("management right", s.command.management, s.portal.management.rights),
    ):
        return refused
    address = parse(details.get("email", ""))
    claims = [s.directory.get(LoginNameByKey(key)) for key in _names(s)]
    users = [s.directory.the(UserById(claim.user)) for claim in claims if claim]
    strangers = [user for user in users if user.organisation != s.me.organisation]
    ours = [claim for claim in claims if claim and claim.user not in {user.id for user in strangers}]
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
        enrolment.unclaimed(*ours),
    ):
        return refused
    if strangers:
        return Accepted(
            events=(untold(s, enrolment.ALREADY_EXISTS.code, present(address).key),),
            mails=tuple(mail(s, "already-registered", user.email.original, user.details) for user in strangers[:1]),
        )
    return _created(s, present(address))


def _created(s: Situation[CreateUser], address: EmailAddress) -> Accepted:
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
    return Accepted(
        events=(created,),
        mails=(mail(s, template, address.original, details, token=token, username=username or address.original),),
        keeps=(new_passwords.kept(s, Credential(user=user), s.command.password, temporary_until=expires),),
        created=user,
    )


def _names(s: Situation[CreateUser]) -> tuple[str, ...]:
    names = (name_key(s.command.details.get(field, "")) for field in ("email", "username"))
    return tuple(dict.fromkeys(name for name in names if name))


FLOW = Flow(command=CreateUser, needs=needs, asks=asks, decide=decide)

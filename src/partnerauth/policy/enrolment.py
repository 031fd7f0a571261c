"""Rules: how organisations and their first users come in."""

from __future__ import annotations

from collections.abc import Iterable

from partnerauth.addresses import title_key
from partnerauth.decision import Reason, Rule
from partnerauth.entities import AccessRequest, Credential, LoginName, Organisation, State, User, UserId

ADMINISTRATOR_EXISTS = Rule(
    code="administrator-exists",
    holds="Only the first person of an organisation asks the operator for access; "
    "the administrator creates the others.",
    because="Once a company has an administrator, the company itself decides who comes in.",
    says="Your organisation already has an administrator. Ask your administrator to create a user for you.",
    sources=("BP-01", "GX-03"),
)

ALREADY_EXISTS = Rule(
    code="already-exists",
    holds="A user name or address belongs to one user, as people see it.",
    because="Two names that look the same let one person pass for another.",
    says="{name} already exists. Please choose another name, or use the user that is already there.",
    sources=("SP-07", "DP-09", "GX-03", "GX-12"),
)

ORGANISATION_EXISTS = Rule(
    code="organisation-exists",
    holds="An organisation is there once, by name and town.",
    because="A second one beside the first would get round the approval by its administrator.",
    says="This organisation already exists: {match}. Please join it instead.",
    sources=("DP-02",),
)

NOTHING_REQUESTED = Rule(
    code="nothing-requested",
    holds="The operator answers requests that somebody made and nobody has answered yet.",
    because="Granting what nobody asked for would give rights that no company wants.",
    says="Nothing is waiting for an answer here.",
    sources=("BP-01", "DP-04"),
)


def is_proved(user: User, credential: Credential | None, request: AccessRequest | None) -> bool:
    """Whether a user's names are his by more than his own word (GX-12).

    Anybody can ask for access under any name.  Whoever waits for the operator's answer, or was turned down, has
    proved nothing unless he has a password, which takes a code or a link out of his mailbox.
    """
    asks = user.state is State.REJECTED or (user.state is State.PENDING and request is not None)
    return not asks or bool(credential and credential.password_hash)


def unclaimed(*claims: LoginName | None, by: UserId | None = None) -> Reason | None:
    """No user name or address belongs to another user already (GX-12)."""
    taken = next((claim for claim in claims if claim is not None and claim.user != by), None)
    return ALREADY_EXISTS.broken(name=taken.key) if taken else None


def requested(request: AccessRequest | None) -> Reason | None:
    """Somebody asked, and nobody has answered yet (BP-01)."""
    return None if request is not None else NOTHING_REQUESTED.broken()


def waits(user: User) -> Reason | None:
    """The user asked to join and waits for an answer (DP-04)."""
    return None if user.state is State.PENDING else NOTHING_REQUESTED.broken()


def is_new(name: str, town: str, named_alike: Iterable[Organisation]) -> Reason | None:
    """No organisation has this name in this town, compared without case, accents and punctuation (DP-02)."""
    for organisation in named_alike:
        if (title_key(organisation.name), title_key(organisation.town)) == (title_key(name), title_key(town)):
            return ORGANISATION_EXISTS.broken(match=described(organisation))
    return None


def described(organisation: Organisation) -> str:
    """Return what a stranger may be shown of an organisation, and no more (DP-02)."""
    parts = (organisation.name, organisation.street, organisation.town, organisation.country)
    return ", ".join(part for part in parts if part)


def first_administrator(administrators: tuple[UserId, ...], applicant: UserId) -> Reason | None:
    """Only the first of a company becomes its administrator by asking the operator (BP-01)."""
    return None if all(each == applicant for each in administrators) else ADMINISTRATOR_EXISTS.broken()

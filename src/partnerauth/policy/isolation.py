"""Rules: nothing crosses organisations."""

from __future__ import annotations

from partnerauth.decision import Reason, Rule
from partnerauth.entities import Account, Case, Organisation, OrganisationId, User

OTHER_ORGANISATION = Rule(
    code="other-organisation",
    holds="A user reads and changes nothing outside his own organisation.",
    because="Competitors share the portal; the answer is the same for what does not exist, so that "
    "nobody can find out by trying names.",
    says="Your organisation has nothing named {names}. Please check what you entered.",
    sources=("ED-10", "DP-10", "GX-01"),
)


def own(tenant: OrganisationId | None, thing: User | Account | Case | None, *names: str) -> Reason | None:
    """What was named exists and is of the actor's own organisation: the two are never told apart (GX-01).

    `tenant` is None for the operator, who is confined to no organisation.
    """
    if thing is None or (tenant is not None and thing.organisation != tenant):
        return OTHER_ORGANISATION.broken(names=names)
    return None


def exists(organisation: Organisation | None, *names: str) -> Reason | None:
    """The organisation exists: for the operator alone."""
    return None if organisation is not None else OTHER_ORGANISATION.broken(names=names)

"""Portals to test flows with: one whose people are invited, one whose people register; and accounts elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from tests.flows.town import OPERATOR, VISITOR, Town

from partnerauth.decision import Accepted, Answer
from partnerauth.directory import InvitationOf
from partnerauth.entities import Invitation, Member, Operator, UserId
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.create_organisation import CreateOrganisation
from partnerauth.flows.invite import Invite
from partnerauth.flows.join_organisation import JoinOrganisation
from partnerauth.flows.register import Register
from partnerauth.flows.sign_in_sso import SignInSso
from partnerauth.flows.verify_email import VerifyEmail
from partnerauth.policy.portal import Portal
from partnerauth.portals import read_portal
from partnerauth.testing.clockwork import World

MASTER = ("manage-administrators", "manage-users")
PASSWORD = "Zomer-Fiets-9"
NAMED = MappingProxyType({"title": "mx", "first-name": "Robin", "last-name": "Kurz"})
PERSON = MappingProxyType({"first-name": "Robin", "last-name": "Kurz", "phone": "+32 9 1"})

SOON = timedelta(minutes=1)
ISSUER = "https://login.idp.example/tenant"


def sso(
    portal: World, subject: str, browser: str = "laptop", provider: str = "microsoft-365", **said: object
) -> Answer:
    """Sign in with an account at another provider, who says this of it."""
    claims = {"issuer": ISSUER, "subject": subject, **said}
    return portal.execute(
        VISITOR, SignInSso.model_validate({"provider": provider, "claims": claims, "browser": browser})
    )


def session(answer: Answer) -> Member:
    """Return whoever signing in was accepted of, by his session."""
    assert isinstance(answer, Accepted), answer
    assert answer.session
    return Member(session=answer.session)


class Customers(Town):
    """`kundenportal`: Blech has Eva, a master who holds two rights, and Otto, a general user; Zinn has Zoe."""

    def __init__(self, portal: Portal | str = "kundenportal") -> None:
        super().__init__(portal)
        self.company("blech", accounts={}, name="Blech GmbH", town="Ulm", country="DE")
        self.company("zinn", accounts={}, name="Zinn AG", town="Goslar", country="DE")
        holds = {("portal", "-"): "contracts documents"}
        self.person("eva", "blech", management=MASTER, username="", password="Winter-Tram-61", rights=holds)
        self.person("otto", "blech", username="", password="Winter-Tram-62", rights=holds)
        self.person("zoe", "zinn", management=MASTER, username="", password="Winter-Tram-63")

    def invite(self, who: Operator | str = "eva", email: str = "max@blech.example", **fields: object) -> UserId:
        """Invite somebody; return who he is."""
        created = self.accepts(who, Invite, email=email, **fields).created
        assert created is not None
        return created

    def comes_in(self, email: str = "max@blech.example", **fields: object) -> UserId:
        """Accept the newest invitation of an address; return who came in."""
        given = {"password": PASSWORD, "details": NAMED, **fields}
        answer = self.accepts(VISITOR, AcceptInvitation, token=self.mailed(email), **given)
        return UserId(answer.events[0].about)

    def invitation(self, user: UserId) -> Invitation | None:
        """Return what stands behind an invited user."""
        found: Invitation | None = self.store.read([InvitationOf(user)]).values[InvitationOf(user)]
        return found


class Dealers(Town):
    """`dealerportal`: Fixit in Ghent has Ann, an administrator, and Bob, a member; Repair in Utrecht has Rik."""

    def __init__(self, portal: Portal | str = "dealerportal") -> None:
        super().__init__(portal)
        self.company("fixit", accounts={}, name="Fixit N.V.", street="Kaai 1", town="Gent", country="BE")
        self.company("repair", accounts={}, name="Repair", town="Utrecht", country="NL", domains=["repair.example"])
        self.person("ann", "fixit", management=MASTER, username="", password="Winter-Tram-61", details=PERSON)
        self.person("bob", "fixit", username="", password="Winter-Tram-62")
        self.person("rik", "repair", username="")

    def proved(self, email: str) -> str:
        """Register an address and prove it; return the registration token."""
        self.accepts(VISITOR, Register, email=email)
        return self.accepts(VISITOR, VerifyEmail, email=email, code=self.mailed(email)).secret

    def joins(self, email: str = "kim@fixit.example", organisation: str = "fixit", **fields: object) -> UserId:
        """Ask to join an organisation; return who did."""
        given: Mapping[str, object] = {"details": PERSON, "password": PASSWORD, **fields}
        token = self.proved(email)
        answer = self.accepts(VISITOR, JoinOrganisation, email=email, token=token, organisation=organisation, **given)
        assert answer.created is not None
        return answer.created

    def creates(self, email: str = "kim@nova.example", **fields: object) -> UserId:
        """Create an organisation; return who did."""
        described = {"name": "Nova", "street": "Meir 1", "town": "Antwerpen", "country": "be", **fields}
        given: Mapping[str, object] = {"details": PERSON, "password": PASSWORD, **described}
        answer = self.accepts(VISITOR, CreateOrganisation, email=email, token=self.proved(email), **given)
        assert answer.created is not None
        return answer.created


def changed(name: str, **sections: object) -> Portal:
    """Return a shipped portal with some sections changed."""
    return read_portal(name).model_copy(update=sections)


__all__ = ["MASTER", "NAMED", "OPERATOR", "PASSWORD", "PERSON", "SOON", "VISITOR", "Customers", "Dealers", "changed"]

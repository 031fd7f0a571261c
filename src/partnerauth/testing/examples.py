"""Something of every kind that a store keeps, and what a store that was given it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from partnerauth.addresses import EmailAddress, parse
from partnerauth.directory import (
    AccountsOf,
    AdministratorsAt,
    AdministratorsOf,
    AnotherHolder,
    CasesOf,
    DelegationsOn,
    DelegationsTo,
    DelegationTo,
    Entity,
    EveryUser,
    FirstComer,
    HoldersOn,
    InvitationsBy,
    Key,
    KnownUser,
    OrganisationsNamed,
    OrganisationsWithDomain,
    SelectionOf,
    SelectionsOf,
    SessionsIn,
    SessionsOf,
    SsoLinkOf,
    SsoLinksOf,
    TokenByDigest,
    TokensOf,
    UserById,
    UsersOf,
    key_of,
)
from partnerauth.entities import (
    RIGHT,
    AccessRequest,
    Account,
    AccountId,
    Attempts,
    Case,
    CaseId,
    Contract,
    Credential,
    Delegation,
    Element,
    FeedState,
    Given,
    Invitation,
    LatestSession,
    LatestToken,
    LinkedDomain,
    LoginName,
    Mail,
    Organisation,
    OrganisationId,
    OrganisationName,
    Purpose,
    Selection,
    Session,
    SsoLink,
    State,
    Token,
    TokenId,
    User,
    UserId,
)
from partnerauth.events import CommandRefused, Event
from partnerauth.ports import Store, Unit, concerned

NOON: Final = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=UTC)
"""A moment with everything that a store may lose: a zone, and microseconds."""

ACME, PRINT = OrganisationId("acme"), OrganisationId("print")
HQ, DEPOT = AccountId("acme/hq"), AccountId("acme/depot")
ANNA, BEN, CARL, DORA, PIA = (UserId(name) for name in ("u-zanna", "u-ben", "u-carl", "u-dora", "u-pia"))
APPLICATION: Final = "post"
HASH: Final = "$argon2id$no-password-has-this-hash"
LINK: Final = TokenId("link-1")
BOTH: Final = frozenset({"manage-administrators", "manage-users"})
CREATION, LETTER = Element(RIGHT, "creation"), Element("product", "letter")


def address_of(name: str) -> EmailAddress:
    """Return somebody's address, in a domain that is written in two ways.  Raises ValueError where it is none."""
    found = parse(f"{name}@B\u00fccher.example")
    if found is None:
        raise ValueError(name)
    return found


def person(identity: UserId, organisation: OrganisationId, state: State, *management: str) -> User:
    """Return a user of whom everything is known, with text that a store may garble."""
    return User(
        id=identity,
        organisation=organisation,
        state=state,
        email=address_of(identity.removeprefix("u-")),
        username=identity.upper(),
        details=MappingProxyType({"last-name": "\u0141o\u00eb \u201cd'Or\u201d\\\n\U0001f4ee", "first-name": ""}),
        management=frozenset(management),
        created_by=ANNA,
        notifications=True,
    )


def _given(*elements: Element, by: str = ANNA, source: str = "") -> Mapping[Element, Given]:
    return MappingProxyType({element: Given(by, NOON, source) for element in elements})


WORLD: Final[tuple[Entity, ...]] = (
    Organisation(
        id=ACME,
        name="Acme N.V.",
        street="Rue Neuve 1",
        town="Li\u00e8ge",
        country="BE",
        domains=frozenset({"xn--bcher-kva.example", "acme.example"}),
        options=frozenset({"ftp"}),
        requested=True,
    ),
    Organisation(id=PRINT, name="ACME nv", subcontractor=True),
    OrganisationName(name="acmenv", town="liege", organisation=ACME),
    Account(
        id=HQ,
        organisation=ACME,
        name="Headquarters",
        applications=frozenset({APPLICATION, "stamp"}),
        contracts=MappingProxyType({"C-2": Contract(active=False, kind="parcel"), "C-1": Contract()}),
        billing_addresses=frozenset({"B2", "B1"}),
    ),
    Account(id=DEPOT, organisation=ACME, name="Depot", applications=frozenset()),
    person(ANNA, ACME, State.ACTIVE, *BOTH),
    person(BEN, ACME, State.INVITED, "manage-users"),
    person(CARL, ACME, State.DEACTIVATED, "manage-administrators"),
    person(DORA, ACME, State.ACTIVE),
    person(PIA, PRINT, State.PENDING, "manage-users"),
    LoginName(key="zanna@xn--bcher-kva.example", user=ANNA),
    LoginName(key="u-zanna", user=ANNA),
    Credential(user=CARL, password_hash=HASH, epoch=3, signed_in=True),
    Credential(user=DORA, temporary_until=NOON),
    Selection(user=DORA, account=HQ, application=APPLICATION, elements=_given(LETTER, CREATION)),
    Selection(user=BEN, account=HQ, application=APPLICATION, elements=_given(CREATION, by="operator:x")),
    Selection(user=BEN, account=DEPOT, application="stamp"),
    Delegation(
        account=HQ, application=APPLICATION, organisation=PRINT, elements=_given(LETTER, CREATION, source="g-1")
    ),
    AccessRequest(user=PIA, wanted=((AccountId("print/new"), "stamp"), (HQ, APPLICATION))),
    Token(
        id=LINK,
        digest="digest-1",
        purpose=Purpose.EMAIL_CHANGE,
        subject=ANNA,
        expires_at=NOON,
        epoch=2,
        used=True,
        facts=MappingProxyType({"email": "new@acme.example"}),
    ),
    LatestToken(subject=ANNA, purpose=Purpose.EMAIL_CHANGE, token=LINK),
    Session(digest="s-2", user=ANNA, browser="firefox", started_at=NOON, expires_at=NOON + timedelta(days=1), epoch=2),
    Session(
        digest="s-1",
        user=ANNA,
        browser="firefox",
        started_at=NOON,
        expires_at=NOON + timedelta(days=1),
        epoch=2,
        ended="session-replaced",
    ),
    LatestSession(browser="firefox", digest="s-2"),
    Attempts(key="user:u-zanna", wrong=4, since=NOON, blocked_until=NOON + timedelta(minutes=5), blocks=2),
    Attempts(key="source:here"),
    LinkedDomain(domain="acme.example", organisation=ACME, opened=True),
    FeedState(feed="allow-list", sequence=2**40),
    SsoLink(issuer="https://issuer.example", subject="anna-2", provider="entra", user=ANNA),
    SsoLink(issuer="https://issuer.example", subject="anna-1", provider="entra", user=ANNA),
    Invitation(user=BEN, by=ANNA, from_operator=True, named=((HQ, APPLICATION, (CREATION, LETTER)),)),
    Case(
        id=CaseId("case-2"),
        organisation=ACME,
        reporter=DORA,
        kind="repair",
        fields=MappingProxyType({"model": "X", "defect": ""}),
        status="order-received",
        informs=MappingProxyType({DORA: False, ANNA: True}),
    ),
    Case(id=CaseId("case-1"), organisation=ACME, reporter=ANNA, kind="repair", fields=MappingProxyType({})),
)
"""Something of every kind, in an order in which each finds what it refers to."""

KEPT: Final[Mapping[Key[Any], Any]] = MappingProxyType({key_of(entity): entity for entity in WORLD})
"""The same by key."""

ANSWERS: Final[Mapping[Key[Any], object]] = MappingProxyType(
    {
        TokenByDigest("digest-1"): LINK,
        TokensOf(ANNA): (LINK,),
        TokensOf(BEN): (),
        SelectionsOf(BEN): (KEPT[SelectionOf(BEN, HQ, APPLICATION)], KEPT[SelectionOf(BEN, DEPOT, "stamp")]),
        SelectionsOf(ANNA): (),
        AccountsOf(ACME): (HQ, DEPOT),
        DelegationsTo(PRINT): (KEPT[DelegationTo(HQ, APPLICATION, PRINT)],),
        DelegationsTo(ACME): (),
        DelegationsOn(HQ, APPLICATION): (KEPT[DelegationTo(HQ, APPLICATION, PRINT)],),
        DelegationsOn(HQ, "stamp"): (),
        AnotherHolder(ACME, "manage-administrators", CARL): ANNA,
        AnotherHolder(ACME, "manage-administrators", ANNA): None,
        AnotherHolder(ACME, "manage-users", ANNA): None,
        AnotherHolder(PRINT, "manage-users", ANNA): None,
        AdministratorsOf(ACME, BOTH): (ANNA, BEN),
        AdministratorsOf(ACME, frozenset({"manage-administrators"})): (ANNA,),
        AdministratorsOf(ACME, frozenset()): (),
        AdministratorsAt("xn--bcher-kva.example", BOTH): (ANNA,),
        AdministratorsAt("acme.example", BOTH): (),
        FirstComer(ACME): ANNA,
        FirstComer(PRINT): None,
        InvitationsBy(ANNA): (BEN,),
        InvitationsBy(BEN): (),
        OrganisationsNamed("acmenv"): (ACME, PRINT),
        OrganisationsNamed("acme"): (),
        OrganisationsWithDomain("acme.example"): (ACME,),
        OrganisationsWithDomain("example"): (),
        SessionsIn("firefox"): ("s-2",),
        SessionsIn(""): (),
        SessionsOf(ANNA): ("s-2", "s-1"),
        SsoLinksOf(ANNA): tuple(KEPT[SsoLinkOf("https://issuer.example", each)] for each in ("anna-2", "anna-1")),
        SsoLinksOf(BEN): (),
        CasesOf(ACME): tuple(entity for entity in WORLD if isinstance(entity, Case)),
        CasesOf(PRINT): (),
        UsersOf(ACME): (ANNA, BEN, CARL, DORA),
        UsersOf(OrganisationId("nobody")): (),
        EveryUser(): tuple(KnownUser.of(entity) for entity in WORLD if isinstance(entity, User)),
        HoldersOn(HQ, APPLICATION): (DORA, BEN),
        HoldersOn(HQ, "stamp"): (),
    }
)
"""What a store that was given `WORLD`, one after the other, answers each kind of question."""


def unit_of(
    store: Store,
    *entities: Entity,
    drops: Sequence[Key[Any]] = (),
    reads: Sequence[Key[Any]] = (),
    events: tuple[Event, ...] = (),
    mails: tuple[Mail, ...] = (),
) -> Unit:
    """Return the unit that puts entities and drops keys, on what the store answers now; `reads` are read as well."""
    changes: dict[Key[Any], Entity | None] = {**{key_of(each): each for each in entities}, **dict.fromkeys(drops)}
    loaded = store.read([*changes, *reads])

    def home(user: UserId) -> OrganisationId | None:
        changed = changes.get(UserById(user))
        found = changed or store.read([UserById(user)]).values[UserById(user)]
        return found.organisation if isinstance(found, User) else None

    things = [(key, thing) for key, after in changes.items() for thing in (after, loaded.values[key]) if thing]
    return Unit(
        changes=changes,
        before={key: loaded.values[key] for key in changes},
        revisions=loaded.revisions,
        versions=loaded.versions,
        touched=frozenset(each for key, thing in things for each in concerned(key, thing, home)),
        events=events,
        mails=mails,
    )


def refused(subject: str = ANNA, organisation: OrganisationId = ACME, at: datetime = NOON) -> CommandRefused:
    """Return an event that changes nothing."""
    return CommandRefused(
        organisation=organisation, by="visitor", at=at, command="sign-in", codes=("wrong-password",), subject=subject
    )


def mail(to: str = "anna@acme.example") -> Mail:
    """Return a mail."""
    return Mail(template="hello", to=to, language="nl", facts=MappingProxyType({"name": "A", "a": ""}), token=LINK)

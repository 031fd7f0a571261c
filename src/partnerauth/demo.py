"""The story that `partnerauth demo` plays: a day at a business customer of bpost, as commands and questions.

What is done stands here; what comes of it does not: every outcome is the answer of the portal to that command or
question at that moment.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from pydantic import SecretStr

from partnerauth.decision import Accepted, Answer
from partnerauth.entities import Actor, Member, Operator, OrganisationId, User, UserId, Visitor, account_id
from partnerauth.flow import Command
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.copy_rights import CopyRights
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.delete import Delete
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.open_organisation import AccountFields, ContractFields, OpenOrganisation
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.flows.withdraw import Withdraw
from partnerauth.outbox import deliver
from partnerauth.shell import Shell
from partnerauth.view import Decision

ACME: Final = OrganisationId("acme")
HOUSE: Final = OrganisationId("sorteerhuis")
ACCOUNT: Final = account_id(ACME, "hq")
DAY: Final = datetime(2026, 3, 2, tzinfo=UTC)

LETTER: Final[Mapping[str, str]] = MappingProxyType({"product": "letter", "billing-address": "B1"})
LETTERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"product": ("letter",), "billing-address": ("B1",)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of the closing table; without `application` it is about a management right."""

    right: str
    application: str | None = None
    named: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


QUESTIONS: Final = (
    Question(right="manage-administrators"),
    Question(right="manage-users"),
    Question(right="reset-password"),
    Question(application="emasspost", right="creation", named=LETTER),
    Question(application="emasspost", right="creation", named={"product": "prior", "billing-address": "B2"}),
    Question(application="emasspost", right="general-follow-up", named={"product": "letter"}),
    Question(application="eshipper-international", right="borderel-31", named={"contract": "BPI-1"}),
    Question(application="eshipper-international", right="borderel-10", named={"contract": "BPI-1"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail as it arrived."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A part of the day: when it begins (hours and minutes), and what the people want."""

    at: tuple[int, int]
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """Somebody gives a command; `rule` is the id in the rulebook that it is about."""

    who: str
    actor: Actor
    command: Command
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question: may this user use a right; without `application` it is a management right."""

    user: UserId
    right: str
    application: str | None = None
    resources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    account: str = ACCOUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Somebody opens his newest mail."""

    to: str


Step: TypeAlias = Scene | Do | Ask | Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command with its answer, and the mails that went out after it."""

    step: Do
    answer: Answer
    mails: tuple[Letter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with its decision."""

    step: Ask
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A mail that its reader opened."""

    letter: Letter


Happening: TypeAlias = Scene | Done | Asked | Opened


class StoryClock:
    """A clock that the story sets: one minute passes with each command."""

    def __init__(self) -> None:
        """Start at midnight."""
        self._now = DAY

    def now(self) -> datetime:
        """Return the present time of the story."""
        return self._now

    def turn(self, at: tuple[int, int]) -> None:
        """Set the hands to hours and minutes of the day."""
        self._now = DAY + timedelta(hours=at[0], minutes=at[1])

    def tick(self) -> None:
        """Let a minute pass."""
        self._now += timedelta(minutes=1)


class _Postman:
    """A mailer that keeps what arrived, newest last."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, *, to: str, subject: str, text: str, html: str, reference: str) -> None:
        del html, reference  # the story shows the text alone
        self.letters.append(Letter(to=to, subject=subject, text=text))


def play(portal: Shell, clock: StoryClock) -> Iterator[Happening]:
    """Live through the day at an empty portal, and yield everything as it happens.  Raises StoreError."""
    postman, story, outcome = _Postman(), _day(), None
    while True:
        try:
            step = story.send(outcome)
        except StopIteration:
            return
        happening = _performed(portal, clock, postman, step)
        yield happening
        outcome = _told(happening)


def _performed(portal: Shell, clock: StoryClock, postman: _Postman, step: Step) -> Happening:
    match step:
        case Scene():
            clock.turn(step.at)
            return step
        case Do():
            clock.tick()
            before = len(postman.letters)
            answer = portal.execute(step.actor, step.command)
            deliver(portal, postman)
            return Done(step=step, answer=answer, mails=tuple(postman.letters[before:]))
        case Ask():
            decision = portal.view().explain(
                step.user, step.application, step.right, account=step.account, resources=step.resources
            )
            return Asked(step=step, decision=decision)
        case Read():
            return Opened(letter=[each for each in postman.letters if each.to == step.to][-1])


def _told(happening: Happening) -> Answer | Letter | None:
    """Return what the story learns from what happened."""
    match happening:
        case Done():
            return happening.answer
        case Opened():
            return happening.letter
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Who can do what in the end: the people, and for each question how it is answered for each of them."""

    people: tuple[User, ...]
    rows: tuple[tuple[Question, tuple[Decision, ...]], ...]


def closing(portal: Shell) -> Closing:
    """Ask every question of every person once more."""
    view = portal.view()
    people = tuple(user for organisation in (ACME, HOUSE) for user in view.users(organisation))
    rows = [
        (
            question,
            tuple(
                view.explain(user.id, question.application, question.right, account=ACCOUNT, resources=question.named)
                if question.application
                else view.explain(user.id, None, question.right)
                for user in people
            ),
        )
        for question in QUESTIONS
    ]
    return Closing(people=people, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody of the story, and the password that he chooses."""

    name: str
    first: str
    last: str
    company: str
    gender: str
    password: str

    @property
    def email(self) -> str:
        return f"{self.name}@{self.company}.example"

    @property
    def details(self) -> Mapping[str, str]:
        return {
            "username": self.name,
            "first-name": self.first,
            "last-name": self.last,
            "gender": self.gender,
            "email": self.email,
            "language": "en",
        }


ANNA: Final = _Person("anna", "Anna", "Maes", "acme", "woman", "Winter-Tram-61")
BEN: Final = _Person("ben", "Ben", "Peeters", "acme", "man", "Kasseien-en-Koers-8")
CHRIS: Final = _Person("chris", "Chris", "Wouters", "acme", "man", "Zeven-Meeuwen-30")
DORA: Final = _Person("dora", "Dora", "Claes", "acme", "woman", "Zilveren-Ketel-44")
MIA: Final = _Person("mia", "Mia", "Lambert", "sorteerhuis", "woman", "Vlucht-naar-Gent-12")
NOOR: Final = _Person("noor", "Noor", "Jacobs", "sorteerhuis", "woman", "Groene-Postbus-7")

Story: TypeAlias = Generator[Step, Any, None]
Entrance: TypeAlias = Generator[Step, Any, tuple[UserId, Member]]
"""How somebody comes in: his id, and how he acts once he has signed in."""


def _day() -> Story:
    yield from _the_operator_opens()
    anna_id, anna = yield from _the_first_person()
    ben_id, ben = yield from _a_colleague(anna)
    yield from _the_matrix(anna, ben_id)
    dora_id = yield from _copying_and_limits(anna, ben_id, ben)
    mia_id, noor_id, mia = yield from _a_mailing_house(anna, ben_id)
    yield from _a_withdrawal(anna, mia, mia_id, noor_id)
    yield from _a_leaver(anna, anna_id, ben_id, ben, dora_id)


def _the_operator_opens() -> Story:
    yield Scene(
        at=(8, 0),
        title="The operator opens the doors",
        text="Acme sends letters and parcels. Sorteerhuis is a mailing house on the operator's list of subcontractors.",
    )
    yield _operator(
        OpenOrganisation(
            organisation=ACME,
            name="Acme NV",
            town="Gent",
            country="BE",
            accounts={
                "hq": AccountFields(
                    name="Acme, Kaai 1, 9000 Gent",
                    contracts={"BPI-1": ContractFields(), "BPI-2": ContractFields(active=False)},
                    billing_addresses=("B1", "B2"),
                )
            },
        ),
        rule="BP-12",
    )
    yield _operator(
        OpenOrganisation(
            organisation=HOUSE,
            name="Sorteerhuis BV",
            town="Aalst",
            country="BE",
            subcontractor=True,
            accounts={"main": AccountFields(name="Sorteerhuis, Dok 4, 9300 Aalst")},
        ),
        rule="BP-30",
    )


def _the_first_person() -> Entrance:
    yield Scene(
        at=(8, 30),
        title="First in, administrator",
        text="Anna is the first of Acme to ask for access. Later she asks for one more application, and Chris, "
        "who does not know of her, fills in the public form as well.",
    )
    anna_id, anna = yield from _first_of(ANNA, ACME, "hq")
    yield _member(ANNA, anna, RequestAccess(application="eshipper-international", account="hq"), rule="BP-01")
    yield _operator(GrantAccess(user=anna_id), rule="BP-01")
    yield _visitor(
        CHRIS,
        RequestAccess(organisation=ACME, application="emasspost", account="hq", details=CHRIS.details),
        rule="GX-03",
    )
    yield Read(to=CHRIS.email)
    return anna_id, anna


def _first_of(person: _Person, organisation: OrganisationId, account: str) -> Entrance:
    asked = yield _visitor(
        person,
        RequestAccess(organisation=organisation, application="emasspost", account=account, details=person.details),
        rule="BP-01",
    )
    user = _created(asked)
    yield _operator(GrantAccess(user=user), rule="BP-01")
    letter = yield Read(to=person.email)
    yield _visitor(person, ResetPassword(token=_link(letter), password=SecretStr(person.password)), rule="BP-14")
    return user, (yield from _signs_in(person, SecretStr(person.password)))


def _signs_in(person: _Person, password: SecretStr) -> Generator[Step, Any, Member]:
    answer = yield _visitor(
        person,
        SignIn(identifier=person.name, password=password, browser=f"{person.name}-laptop"),
        rule="GX-06",
    )
    return Member(session=answer.session) if isinstance(answer, Accepted) else Member()


def _settles_in(person: _Person) -> Story:
    letter = yield Read(to=person.email)
    temporary = _password(letter)
    member = yield from _signs_in(person, temporary)
    yield _member(person, member, ChangePassword(current=temporary, password=SecretStr(person.password)), rule="BP-13")


def _a_colleague(anna: Member) -> Entrance:
    yield Scene(
        at=(9, 30),
        title="A colleague with a temporary password",
        text="Anna creates Ben and lets him manage users. He gets a temporary password, tries to work with it, tries "
        "to keep it, and chooses one of his own.",
    )
    management = frozenset({"manage-users", "reset-password"})
    created = yield _member(ANNA, anna, CreateUser(details=BEN.details, management=management), rule="BP-13")
    ben_id = _created(created)
    letter = yield Read(to=BEN.email)
    temporary = _password(letter)
    ben = yield from _signs_in(BEN, temporary)
    yield _member(BEN, ben, UpdateDetails(user=ben_id, details={"phone": "+32 9 555 01 02"}), rule="BP-33")
    yield _member(BEN, ben, ChangePassword(current=temporary, password=temporary), rule="BP-13")
    yield _member(BEN, ben, ChangePassword(current=temporary, password=SecretStr("peeters")), rule="BP-14")
    yield _member(BEN, ben, ChangePassword(current=temporary, password=SecretStr(BEN.password)), rule="BP-15")
    ben = yield from _signs_in(BEN, SecretStr(BEN.password))
    yield Ask(user=ben_id, application="emasspost", right="creation", resources=LETTER)
    return ben_id, ben


def _the_matrix(anna: Member, ben_id: UserId) -> Story:
    yield Scene(
        at=(10, 30),
        title="The matrix",
        text="eShipper International knows four profiles. Anna ticks boxes for Ben: first with three mistakes at "
        "once, then a mix of profiles, then a set that fits.",
    )

    def tick(rights: tuple[str, ...], contract: str, profile: str | None = None) -> Do:
        command = Grant(
            user=ben_id,
            application="eshipper-international",
            account="hq",
            profile=profile,
            rights=rights,
            resources={"contract": (contract,)},
        )
        return _member(ANNA, anna, command, rule="BP-28")

    yield tick(("eshipper-pro-2", "borderel-10"), "BPI-2", profile="pro-2")
    yield tick(("eshipper-light", "borderel-21"), "BPI-1")
    yield tick(("eshipper-pro-2", "general-access", "borderel-31"), "BPI-1", profile="pro-2")
    for contract in ("BPI-1", "BPI-2"):
        yield Ask(
            user=ben_id, application="eshipper-international", right="borderel-31", resources={"contract": contract}
        )


def _copying_and_limits(anna: Member, ben_id: UserId, ben: Member) -> Generator[Step, Any, UserId]:
    yield Scene(
        at=(11, 30),
        title="Copy all my rights, and never more than one's own",
        text="Anna copies her rights in e-MassPost to Ben. Ben creates Dora, and tries to give her more than he has.",
    )
    yield _member(ANNA, anna, CopyRights(user=ben_id, application="emasspost", account="hq"), rule="BP-18")
    yield Ask(user=ben_id, application="emasspost", right="creation", resources=LETTER)
    dora_id = _created((yield _member(BEN, ben, CreateUser(details=DORA.details), rule="BP-07")))
    yield from _settles_in(DORA)
    yield _member(
        BEN,
        ben,
        Grant(
            user=dora_id,
            application="eshipper-international",
            account="hq",
            rights=("general-access", "borderel-10"),
            resources={"contract": ("BPI-1",)},
        ),
        rule="BP-04",
    )
    yield _member(BEN, ben, SetManagement(user=dora_id, management=frozenset({"manage-administrators"})), rule="BP-02")
    creation = ("creation",)
    yield _member(
        BEN,
        ben,
        Grant(user=dora_id, application="emasspost", account="hq", rights=creation, resources=LETTERS),
        rule="BP-21",
    )
    yield _member(
        ANNA, anna, Revoke(user=dora_id, application="emasspost", account="hq", rights=creation), rule="BP-10"
    )
    return dora_id


def _a_mailing_house(anna: Member, ben_id: UserId) -> Generator[Step, Any, tuple[UserId, UserId, Member]]:
    yield Scene(
        at=(14, 0),
        title="A mailing house",
        text="Sorteerhuis prepares Acme's letters. Mia is its administrator and Noor works for her. Anna gives the "
        "house what it needs, and Mia passes it on.",
    )
    mia_id, mia = yield from _first_of(MIA, HOUSE, "main")
    noor_id = _created((yield _member(MIA, mia, CreateUser(details=NOOR.details), rule="BP-13")))
    yield from _settles_in(NOOR)
    yield _given(anna, OrganisationId("postkoning"))
    yield _given(anna, HOUSE)
    yield _passed_on(mia, noor_id, "creation", "general-follow-up")
    yield _passed_on(mia, noor_id, "creation")
    for address in ("B1", "B2"):
        yield Ask(
            user=noor_id,
            application="emasspost",
            right="creation",
            resources={"product": "letter", "billing-address": address},
        )
    yield _member(MIA, mia, Deactivate(user=ben_id), rule="GX-01")
    return mia_id, noor_id, mia


def _given(anna: Member, organisation: OrganisationId) -> Do:
    command = Delegate(
        organisation=organisation, application="emasspost", account="hq", rights=("creation",), resources=LETTERS
    )
    return _member(ANNA, anna, command, rule="BP-31")


def _passed_on(mia: Member, user: UserId, *rights: str) -> Do:
    command = PassOn(user=user, application="emasspost", account=ACCOUNT, rights=rights, resources=LETTERS)
    return _member(MIA, mia, command, rule="BP-31")


def _a_withdrawal(anna: Member, mia: Member, mia_id: UserId, noor_id: UserId) -> Story:
    yield Scene(
        at=(15, 30),
        title="A withdrawal",
        text="Acme takes back what it gave. An hour later it gives the same again, to the administrator of the house.",
    )
    people = (mia_id, noor_id)
    yield _member(ANNA, anna, Withdraw(organisation=HOUSE, application="emasspost", account="hq"), rule="BP-32")
    for user in people:
        yield Ask(user=user, application="emasspost", right="creation", resources=LETTER)
    yield _given(anna, HOUSE)
    for user in people:
        yield Ask(user=user, application="emasspost", right="creation", resources=LETTER)
    yield _passed_on(mia, noor_id, "creation")


def _a_leaver(anna: Member, anna_id: UserId, ben_id: UserId, ben: Member, dora_id: UserId) -> Story:
    yield Scene(
        at=(17, 0),
        title="A leaver",
        text="Ben leaves Acme. Anna would rather delete him. What he gave Dora is not his any more, but Acme's.",
    )
    yield _member(ANNA, anna, Delete(user=ben_id), rule="BP-09")
    yield _member(ANNA, anna, Deactivate(user=ben_id), rule="BP-09")
    yield _member(BEN, ben, UpdateDetails(user=ben_id, details={"phone": "+32 9 555 01 03"}), rule="GX-02")
    yield from _signs_in(BEN, SecretStr(BEN.password))
    for user in (ben_id, dora_id):
        yield Ask(user=user, application="emasspost", right="creation", resources=LETTER)
    yield _member(ANNA, anna, Deactivate(user=anna_id), rule="GX-07")


def _operator(command: Command, *, rule: str) -> Do:
    return Do(who="operator", actor=Operator(name="els"), command=command, rule=rule)


def _visitor(person: _Person, command: Command, *, rule: str) -> Do:
    return Do(who=person.name, actor=Visitor(), command=command, rule=rule)


def _member(person: _Person, actor: Member, command: Command, *, rule: str) -> Do:
    return Do(who=person.name, actor=actor, command=command, rule=rule)


def _created(answer: Answer) -> UserId:
    if isinstance(answer, Accepted) and answer.created:
        return answer.created
    message = f"the story needs somebody who was not created: {answer}"
    raise LookupError(message)


def _link(letter: Letter) -> SecretStr:
    return SecretStr(_found(r"https://\S+#(\S+)", letter))


def _password(letter: Letter) -> SecretStr:
    return SecretStr(_found(r"^(\w{4}(?:-\w{4})+)$", letter))


def _found(pattern: str, letter: Letter) -> str:
    found = re.search(pattern, letter.text, re.MULTILINE)
    if found is None:
        message = f"the story looks for something that is not in the mail: {letter.subject}"
        raise LookupError(message)
    return found[1]

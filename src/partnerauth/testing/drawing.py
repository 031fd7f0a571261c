"""How a command is drawn, field by field: mostly what makes sense at the moment, sometimes what must be refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from pydantic import SecretStr

from partnerauth.entities import (
    IMPLIED_ACCOUNT,
    RIGHT,
    AccessRequest,
    Actor,
    Case,
    Element,
    FeedState,
    Invitation,
    OrganisationId,
    User,
)
from partnerauth.flow import Command
from partnerauth.flows import FLOWS
from partnerauth.policy.grid import Cell
from partnerauth.policy.portal import FORM_VALUES, Application, Portal
from partnerauth.testing import oracle
from partnerauth.testing.history import Secret, home_of
from partnerauth.testing.scene import (
    ACCOUNTS,
    ADDRESSES,
    BROWSERS,
    CONTRACTS,
    GUESSED,
    LOOKALIKES,
    NAMES,
    ORGANISATIONS,
    UNKNOWN,
    Scene,
    address,
    happens,
    mostly,
    one_of,
    parts,
    password,
)
from partnerauth.testing.sense import (
    GIVING,
    PURPOSES,
    STATES,
    Place,
    delegable,
    everything,
    givable,
    givable_management,
)

T = TypeVar("T")

Selected: TypeAlias = tuple[tuple[str, ...], Mapping[str, tuple[str, ...]], str | None]
"""Rights, resources by kind, and the profile that the rights are meant to fit, or None."""

_SELDOM_LEFT_OUT: Final = frozenset({"account", "rights", "resources", "details", "management", "organisation", "user"})
"""What can be left out of commands, and makes another command of them."""


@st.composite
def fitting(draw: DrawFn, catalogue: Application, within: frozenset[Element]) -> Selected:
    """Draw rights and resources among these; with a matrix, such rights as fit a profile, where there are any."""
    rights = [right for right in catalogue.rights if Element(RIGHT, right) in within]
    values = {kind: tuple(sorted(each.name for each in within if each.kind == kind)) for kind in catalogue.kinds}
    resources = {kind: draw(_some_or_all(names)) for kind, names in values.items() if names}
    if catalogue.matrix is None:
        chosen = draw(_some_or_all(rights))
        role = catalogue.subcontracting.administrator if catalogue.subcontracting else ""
        # Whoever has a role and little else can try to give more than he has.
        added = (role,) if role in rights and role not in chosen and draw(st.booleans()) else ()
        return (*chosen, *added), resources, None
    columns = oracle.columns(catalogue)
    profile = draw(st.sampled_from(sorted(columns)))
    cells = columns[profile]
    mandatory = [right for right in rights if cells[right] is Cell.MANDATORY]
    services = [right for right in catalogue.matrix.services if cells[right] is Cell.OPTIONAL and right in rights]
    others = [right for right in rights if cells[right] is Cell.OPTIONAL and right not in services]
    chosen = (*mandatory, *draw(parts(services, least=1)), *draw(parts(others)))
    return chosen, resources, draw(st.sampled_from((None, profile)))


def _some_or_all(values: Collection[str]) -> SearchStrategy[tuple[str, ...]]:
    return parts(values, least=1) | parts(values, least=1) | st.just(tuple(values))


def contracts(portal: Portal) -> SearchStrategy[dict[str, dict[str, Any]]]:
    """Draw the contracts of an account, most of them active and of a kind that an application takes."""
    contract = st.fixed_dictionaries({"active": st.sampled_from((True, True, False)), "kind": contract_kinds(portal)})
    return st.dictionaries(st.sampled_from(CONTRACTS), contract, min_size=1)


def contract_kinds(portal: Portal) -> SearchStrategy[str]:
    """Draw the kind of a contract: one that an application asks for, or none."""
    eligible = {kind for application in portal.applications.values() for kind in application.eligible_contracts}
    return st.sampled_from((*sorted(eligible), ""))


@st.composite
def account(draw: DrawFn, portal: Portal, theme: Sequence[str]) -> Mapping[str, Any]:
    """Draw an account with applications of the theme, or all of them."""
    return {
        "applications": mostly(draw, st.just(tuple(theme)), parts(theme, least=1), once_in=4),
        "contracts": draw(contracts(portal)),
        "billing-addresses": draw(parts(ADDRESSES, least=1)),
    }


class Drawing:
    """A command as it is being drawn: what was chosen so far says what makes sense next."""

    def __init__(self, draw: DrawFn, scene: Scene, word: str, actor: Actor) -> None:
        self.draw = draw
        self.scene = scene
        self.portal = scene.portal
        self.state = scene.state
        self.word = word
        self.me = scene.state.acting(actor)
        self.chosen: dict[str, Any] = {}
        self._place: Place | None = None
        self._selected: Selected | None = None

    def command(self) -> Command:
        """Draw every field; those that can be left out sometimes are."""
        kind = FLOWS[self.word].command
        left_out = self._other_target()
        for name, about in kind.model_fields.items():
            often = 20 if name in _SELDOM_LEFT_OUT else 4
            if name != left_out and (about.is_required() or not happens(self.draw, often)):
                self.chosen[name] = self._field(name, about.annotation)
        command: Command = kind.model_validate(self.chosen)
        return command

    def _field(self, name: str, annotation: Any) -> object:  # noqa: ANN401 - whatever pydantic says it is
        known = _FIELDS.get(name)
        return known(self) if known else self.draw(st.from_type(annotation))

    def _other_target(self) -> str | None:
        """What is withdrawn is withdrawn from an organisation or from a user."""
        if self.word != "withdraw":
            return None
        given = any(self._is_mine(home_of(each.account)) for each in self.state.delegations)
        return mostly(
            self.draw, st.just("user" if given else "organisation"), st.sampled_from(("user", "organisation"))
        )

    def mostly(self, likely: SearchStrategy[T], seldom: SearchStrategy[T]) -> T:
        """Draw the likely, and once in a while the other."""
        return mostly(self.draw, likely, seldom)

    def _is_mine(self, organisation: str) -> bool:
        return self.me is not None and self.me.organisation == organisation

    # Who

    def organisation(self) -> str:
        """An organisation: one that is there, for the operator; a subcontractor, to delegate to; mostly one's own."""
        there = [each.id for each in self.state.organisations]
        if self.word == "open-organisation":
            new = [each for each in ORGANISATIONS if each not in there]
            return self.mostly(one_of(new, ORGANISATIONS[0]), st.sampled_from(ORGANISATIONS))
        if self.word == "delegate":
            there = [each.id for each in self.state.organisations if each.subcontractor and not self._is_mine(each.id)]
            there = self._working_for_me(there)
        elif self.word == "withdraw":
            there = [each.organisation for each in self.state.delegations if self._is_mine(home_of(each.account))]
            there = self._working_for_me(there)
        elif self.me:
            there = [self.me.organisation, OrganisationId("")]
        anything = st.sampled_from((*ORGANISATIONS, "delta", UNKNOWN))
        often = 6 if self.word == "delegate" else 12
        return mostly(self.draw, one_of(there, ORGANISATIONS[0]), anything, once_in=often)

    def _working_for_me(self, there: list[OrganisationId]) -> list[OrganisationId]:
        """Of these organisations, half the time those whose people were let work on one's own accounts, if any."""
        mine = [each.user for each in self.state.selections if self._is_mine(home_of(each.account))]
        working = {user.organisation for user in self.state.users if user.id in mine}
        return ([each for each in there if each in working] if self.draw(st.booleans()) else []) or there

    def user(self) -> str:
        """A user: mostly a colleague in a state that makes sense."""
        near = [user for user in self.state.users if not self.me or self._is_mine(user.organisation)]
        if self.word in {"grant-access", "refuse-access"}:
            asked = {each.user for each in self.state.all(AccessRequest)}
            near = [user for user in near if user.id in asked]
        elif states := STATES.get(self.word):
            near = [user for user in near if user.state in states]
        elif self.word == "revoke":
            near = [user for user in near if any(each.user == user.id for each in self.state.selections)]
            inviting = {each.by for each in self.state.all(Invitation)} if self.draw(st.booleans()) else set()
            near = [user for user in near if user.id in inviting] or near
            return mostly(self.draw, one_of([user.id for user in near], UNKNOWN), self._anybody(), once_in=8)
        elif self.word == "withdraw":
            near = [user for user in near if self._passed_on(user)]
        elif self.word == "deactivate" and self.draw(st.booleans()):
            recent = {each.subject for each in (*self.scene.links[-2:], *self.scene.sessions[-2:])}
            near = [user for user in near if user.id in recent] or near
        elif self.word == "pass-on":
            # An administrator holds all that was delegated anyway.
            near = [user for user in near if not self._administers(user)] or near
        elif self.word == "set-management":
            lacking = [user.id for user in near if self._could_have_more(user)]
            if self.draw(st.booleans()) and lacking:
                return self.draw(st.sampled_from(lacking))
        others = [user.id for user in near if user != self.me] or [user.id for user in near]
        return mostly(self.draw, one_of(others, UNKNOWN), self._anybody(), once_in=8)

    def _administers(self, user: User) -> bool:
        there = [each.application for each in self.state.delegations if each.organisation == user.organisation]
        return any(oracle.administers(self.portal, self.state, user, code) for code in there)

    def _could_have_more(self, user: User) -> bool:
        """Whether a user, oneself included, is in reach and lacks a management right."""
        rules = self.portal.management
        reaching = rules.reaches_administrators if rules.administrator & user.management else rules.reaches_others
        lacks = not user.management.issuperset(givable_management(self.portal, self.state, user))
        return lacks and (self.me is None or reaching in self.me.management)

    def _anybody(self) -> SearchStrategy[str]:
        return st.sampled_from((*(user.id for user in self.state.users), UNKNOWN))

    def target(self) -> User | None:
        """The user whom the command names, or else who gives it."""
        return self.state.user(self.chosen.get("user") or "") or self.me

    def home(self) -> str:
        """The organisation that the command is about."""
        named = self.chosen.get("organisation") if not self.me else None
        person = self.me or self.target()
        return named or (person.organisation if person else ORGANISATIONS[0])

    # Where

    def place(self) -> Place:
        """An account and an application where the command makes sense, drawn once for both fields."""
        if self._place is None:
            anywhere = (f"{self.home()}/{IMPLIED_ACCOUNT}", next(iter(self.portal.applications)))
            self._place = self.draw(one_of(self._places(), anywhere))
        return self._place

    def _places(self) -> list[Place]:  # noqa: PLR0911 - one answer for each kind of command
        own = [each for each in self.state.accounts if each.organisation == self.home()]
        target = self.target()
        match self.word:
            case "pass-on":
                return [self._there(each) for each in self.state.delegations if self._is_mine(each.organisation)]
            case "withdraw" if target and self.chosen.get("user"):
                return self._passed_on(target)
            case "withdraw":
                wanted = self.chosen.get("organisation")
                return [self._there(each) for each in self.state.delegations if each.organisation == wanted]
            case "delegate":
                return [place for user, place in delegable(self.portal, self.state) if user == self.me]
            case "revoke" if target:
                return [self._there(each) for each in self.state.selections if each.user == target.id]
            case "grant" | "copy-rights" if self.me:
                everywhere = [(each.id, code) for each in own for code in sorted(each.applications)]
                return [each for each in everywhere if self._held(self.me, each)]
            case "request-access":
                return [(each.id, code) for each in own for code in self.portal.applications]
            case _:
                return [(each.id, code) for each in own for code in sorted(each.applications)]

    def _passed_on(self, user: User) -> list[Place]:
        """Where a user was given something on another organisation's account."""
        given = [each for each in self.state.selections if each.user == user.id]
        return [self._there(each) for each in given if home_of(each.account) != user.organisation]

    def _there(self, each: Any) -> Place:  # noqa: ANN401 - a selection or a delegation
        return each.account, each.application

    def _held(self, user: User, place: Place) -> frozenset[Element]:
        return oracle.held(self.portal, self.state, user, place[1], place[0])

    def application(self) -> str:
        """An application: mostly one where the command makes sense."""
        return self.mostly(st.just(self.place()[1]), st.sampled_from((*self.portal.applications, UNKNOWN)))

    def account(self) -> str:
        """An account, by its name or, where it is another's, by its id."""
        there = self.place()[0]
        owner, _, name = there.partition("/")
        anywhere = (*(each.id for each in self.state.accounts), *ACCOUNTS, IMPLIED_ACCOUNT, UNKNOWN)
        return self.mostly(st.just(name if owner == self.home() else there), st.sampled_from(anywhere))

    def where(self) -> Place:
        """The account and the application that the command names."""
        named = self.chosen.get("account", IMPLIED_ACCOUNT)
        return (named if "/" in named else f"{self.home()}/{named}"), self.chosen.get("application", "")

    # What

    def selection(self) -> Selected:
        """Rights, resources and profile, drawn once for all three fields."""
        if self._selected is None:
            catalogue = self.portal.applications.get(self.where()[1])
            self._selected = ((), {}, None) if catalogue is None else self._selection(catalogue)
        return self._selected

    def _selection(self, catalogue: Application) -> Selected:
        there = everything(self.portal, self.state, self.where())
        sensible = self._sensible(there)
        lacking = sorted(givable(self.portal, self.state, self.where()) - sensible) if self.word in GIVING else []
        # Whoever lacks little seldom comes upon it by chance.
        beyond = parts(lacking, least=1).map(sensible.union) | st.just(there)
        within = mostly(self.draw, st.just(sensible), beyond, once_in=2 if lacking else 4)
        return self.draw(fitting(catalogue, within))

    def _sensible(self, there: frozenset[Element]) -> frozenset[Element]:
        """What the actor can give, or take."""
        place = self.where()
        if self.word == "withdraw" and self.chosen.get("organisation"):
            given = self.state.delegation(*place, self.chosen["organisation"])
            return frozenset(given.elements if given else ())
        if self.word == "pass-on" and self.me:
            given = self.state.delegation(*place, self.me.organisation)
            return frozenset(given.elements if given else ())
        person = self.target() if self.word in {"revoke", "withdraw"} else self.me
        return self._held(person, place) if person else there

    def rights(self) -> tuple[object, ...]:
        """Rights: mostly what the actor can give or take."""
        if "application" not in FLOWS[self.word].command.model_fields:
            return self._named_rights()
        return self.mostly(st.just(self.selection()[0]), st.sampled_from(((), (UNKNOWN,))))

    def _named_rights(self) -> tuple[object, ...]:
        """Rights where each names its own application and account."""
        fields = {"application": self.application(), "account": self.account()}
        self.chosen |= fields
        rights, resources, _ = self.selection()
        for name in fields:
            del self.chosen[name]
        named = {**fields, "rights": rights, "resources": resources}
        return self.mostly(st.sampled_from(((), (named,), (named,))), st.just(rights))

    def resources(self) -> Mapping[str, tuple[str, ...]]:
        """Resources by kind: mostly what the actor can give or take."""
        strange: tuple[Mapping[str, tuple[str, ...]], ...] = ({}, {"contract": (UNKNOWN,)}, {UNKNOWN: ("C-1",)})
        return self.mostly(st.just(self.selection()[1]), st.sampled_from(strange))

    def profile(self) -> str | None:
        """A profile of the application's matrix, or none."""
        catalogue = self.portal.applications.get(self.where()[1])
        profiles = sorted(oracle.columns(catalogue)) if catalogue else []
        likely = st.just(self.selection()[2]) if self.word == "grant" else one_of(profiles, None)
        return self.mostly(likely, st.sampled_from((*profiles, UNKNOWN)))

    def management(self) -> frozenset[str]:
        """Management rights: mostly what the actor holds, and on top of what the user has."""
        target = self.state.user(self.chosen.get("user") or "")
        mine = self.me.management if self.me else frozenset(self.portal.management.rights)
        kept = target.management if target and not happens(self.draw, 8) else frozenset()
        # Where everybody soon holds everything, nobody can give more than he holds.
        few = parts(sorted(mine), least=1, most=2)
        lacking = sorted(givable_management(self.portal, self.state, self.me) - mine) if self.me else []
        beyond = parts(lacking, least=1) if lacking else parts(self.portal.management.rights)
        chosen = mostly(self.draw, few | few | st.just(tuple(sorted(mine))), beyond, once_in=2 if lacking else 3)
        strange = (UNKNOWN,) if happens(self.draw, 24) else ()
        return frozenset((*chosen, *strange)) | kept

    def option(self) -> str:
        """An option."""
        return self.mostly(one_of(self.portal.options, UNKNOWN), st.just(UNKNOWN))

    # People

    def details(self) -> Mapping[str, str]:
        """The fields of the command's form: mostly complete, and of somebody new."""
        grid = self.portal.forms.grid
        if self.word not in grid.columns:
            return {}
        home, taken = self.home(), {user.email.key for user in self.state.users}
        free = [name for name in NAMES if address(name, home) not in taken]
        name = self.mostly(one_of(free, NAMES[0]), st.sampled_from(NAMES))
        values: dict[str, tuple[str, ...]] = {
            **{field: tuple(sorted(words)) for field, words in FORM_VALUES.items()},
            "email": (address(name, home),),
            "username": (f"{name}-{home}",),
        }
        strange = {"email": ("", "no address", address(name, "acme")), "username": LOOKALIKES}
        details = {}
        apart = {"password", "confirm", *FLOWS[self.word].command.model_fields}
        for row, cell in grid.column(self.word).items():
            if row not in apart and (cell is Cell.MANDATORY or (cell is Cell.OPTIONAL and self.draw(st.booleans()))):
                likely = st.sampled_from(values.get(row, (row.title(),)))
                seldom = st.sampled_from(strange.get(row, ("", UNKNOWN)))
                details[row] = mostly(self.draw, likely, seldom, once_in=20 if row in strange else 80)
        return details

    def email(self) -> str:
        """An address: mostly in the domain of the organisation, at times in one that looks like it."""
        if self.word in PURPOSES:
            return self.mostly(one_of([each.subject for each in self.links()][-2:], UNKNOWN), st.just(UNKNOWN))
        home = self.home()
        taken = {user.email.key for user in self.state.users} if self.word == "invite" else frozenset()
        free = [each for each in (address(name, home) for name in NAMES) if each not in taken]
        likely = one_of(free, address(NAMES[0], home))
        near = st.sampled_from((f"not{home}", f"mail.{home}", *ORGANISATIONS)).map(lambda other: address("eva", other))
        return mostly(self.draw, likely, near | st.sampled_from(("eva@gmail.com", "no address")), once_in=3)

    def identifier(self) -> str:
        """A name to sign in with."""
        names = [name for user in self.state.users for name in (user.username, user.email.original) if name]
        return self.mostly(one_of(names, UNKNOWN), st.sampled_from((UNKNOWN, *LOOKALIKES)))

    # Secrets

    def identified(self) -> str:
        """The user whom the command identifies, or else who gives it."""
        named = self.chosen.get("identifier", "")
        there = [user.id for user in self.state.users if named and named in {user.username, user.email.original}]
        return there[0] if there else (self.me.id if self.me else "")

    def password(self) -> SecretStr:
        """A password: to sign in the present one, and elsewhere another."""
        known = self.scene.passwords.get(self.identified())
        new = [each for each in (password(self.portal, number) for number in range(3)) if each != known]
        likely = st.just(known) if known and self.word == "sign-in" else st.sampled_from(new)
        return SecretStr(self.mostly(likely, st.sampled_from(("short", "", known or password(self.portal, 9)))))

    def confirm(self) -> SecretStr | None:
        """The same password again."""
        entered: SecretStr | None = self.chosen.get("password")
        return self.mostly(st.sampled_from((None, entered)), st.just(SecretStr("Something-Else-1")))

    def current(self) -> SecretStr:
        """The present password."""
        mine = self.scene.passwords.get(self.identified(), password(self.portal))
        return SecretStr(self.mostly(st.just(mine), st.just(password(self.portal, 9))))

    def token(self) -> SecretStr:
        """A link: mostly one of the newest that the command is made for."""
        everything = [each.text for each in self.scene.links]
        links = [each.text for each in self.links()]
        likely, seldom = (*links[-1:], *links[-2:]), (*everything, GUESSED)
        return SecretStr(mostly(self.draw, one_of(likely, GUESSED), st.sampled_from(seldom), once_in=4))

    def links(self) -> list[Secret]:
        """The links and codes that the command is made for; where it names an address, those of that address."""
        links = [each for each in self.scene.links if each.purpose == PURPOSES.get(self.word, each.purpose)]
        return [each for each in links if each.subject == self.chosen.get("email", "").lower()] or links

    # Cases, feeds, other providers

    def case(self) -> str:
        """A case."""
        if self.word == "submit-request":
            return self.draw(st.sampled_from(("", "case-1")))
        return self.mostly(one_of([each.id for each in self.state.all(Case)], UNKNOWN), st.just(UNKNOWN))

    def kind(self) -> str:
        """A kind of request, or of contract."""
        if self.word != "submit-request":
            return self.draw(contract_kinds(self.portal))
        kinds = self.portal.requests.kinds if self.portal.requests else ()
        return self.mostly(one_of(kinds, UNKNOWN), st.just(UNKNOWN))

    def fields(self) -> Mapping[str, str]:
        """The fields of a request of the kind."""
        requests, kind = self.portal.requests, str(self.chosen.get("kind"))
        if requests is None or kind not in requests.kinds:
            return {}
        answers = requests.allowed(kind)
        return {
            row: self.draw(one_of(sorted(answers.get(row, ())), row.title()))
            for row, cell in requests.grid.column(kind).items()
            if cell is Cell.MANDATORY or (cell is Cell.OPTIONAL and self.draw(st.booleans()))
        }

    def status(self) -> str:
        """What has become of a case."""
        requests = self.portal.requests
        return self.mostly(one_of(requests.statuses if requests else (), UNKNOWN), st.just(UNKNOWN))

    def entries(self) -> tuple[Mapping[str, str], ...]:
        """A feed of everybody who is there and somebody new, mostly; or of a few of them, or with one who moved."""
        there = [{"email": each.email.key, "organisation": each.organisation} for each in self.state.users]
        new = [{"email": address(name, home), "organisation": home} for name in NAMES[:2] for home in ORGANISATIONS]
        chosen = self.mostly(parts(new).map(lambda more: (*there, *more)), parts((*there, *new)))
        entries = list({each["email"]: each for each in chosen}.values())
        if entries and happens(self.draw, 6):
            entries[0] = {**entries[0], "organisation": self.draw(st.sampled_from(ORGANISATIONS))}
        return tuple(entries)

    def sequence(self) -> int:
        """The number of a feed: mostly the next."""
        last = max((each.sequence for each in self.state.all(FeedState)), default=0)
        return self.mostly(st.just(last + 1), st.just(last))

    def provider(self) -> str:
        """Another provider of identities."""
        return self.mostly(one_of(self.portal.sign_in.sso_providers, UNKNOWN), st.just(UNKNOWN))

    def claims(self) -> Mapping[str, object]:
        """What another provider says of somebody."""
        emails = one_of([each.email.original for each in self.state.users], UNKNOWN)
        return {
            "issuer": "https://login.example",
            "subject": self.draw(st.sampled_from(("one", "two"))),
            "email": self.mostly(emails, st.just(address("eva", "acme"))),
            "email_verified": self.mostly(st.just(value=True), st.just(value=False)),
        }


def _texts(*texts: str) -> Callable[[Drawing], object]:
    return lambda drawing: drawing.draw(st.sampled_from(texts))


def _of_portal(strategy: Callable[[Portal], SearchStrategy[Any]]) -> Callable[[Drawing], object]:
    return lambda drawing: drawing.draw(strategy(drawing.portal))


def _accounts(portal: Portal) -> SearchStrategy[dict[str, Mapping[str, Any]]]:
    return (
        st.dictionaries(st.sampled_from(ACCOUNTS), account(portal, tuple(portal.applications)))
        if portal.accounts
        else st.just({})
    )


_FLAG: Final = _of_portal(lambda _: st.booleans())

_FIELDS: Final[Mapping[str, Callable[[Drawing], object]]] = MappingProxyType(
    {
        "organisation": Drawing.organisation,
        "user": Drawing.user,
        "application": Drawing.application,
        "account": Drawing.account,
        "rights": Drawing.rights,
        "resources": Drawing.resources,
        "profile": Drawing.profile,
        "management": Drawing.management,
        "details": Drawing.details,
        "email": Drawing.email,
        "sender": Drawing.email,
        "identifier": Drawing.identifier,
        "password": Drawing.password,
        "confirm": Drawing.confirm,
        "current": Drawing.current,
        "token": Drawing.token,
        "code": Drawing.token,
        "case": Drawing.case,
        "fields": Drawing.fields,
        "kind": Drawing.kind,
        "status": Drawing.status,
        "entries": Drawing.entries,
        "sequence": Drawing.sequence,
        "provider": Drawing.provider,
        "claims": Drawing.claims,
        "browser": _texts(*BROWSERS),
        "source": _texts("here", "there"),
        "name": _texts("Acme", "Borealis"),
        "street": _texts("Market 1"),
        "town": _texts("Ghent", "Namur"),
        "country": _texts("BE", "NL"),
        "domain": _texts("acme.example", "delta.example", "gmail.com"),
        "auto_submitted": _texts("", "no", "auto-replied"),
        "precedence": _texts("", "bulk"),
        "list_id": _texts("", "list.example"),
        "return_path": _texts("anna@acme.example", ""),
        "contract": _texts(*CONTRACTS),
        "contracts": _of_portal(contracts),
        "applications": _of_portal(lambda portal: parts(portal.applications, least=1)),
        "accounts": _of_portal(_accounts),
        "options": _of_portal(lambda portal: parts(portal.options)),
        "option": Drawing.option,
        "billing_addresses": _of_portal(lambda _: parts(ADDRESSES)),
        "domains": _of_portal(lambda _: st.sampled_from(ORGANISATIONS).map(lambda name: (f"{name}.example",))),
        "enabled": _FLAG,
        "active": _FLAG,
        "administrator": _FLAG,
        "authenticated": _FLAG,
        "stay": _FLAG,
        "subcontractor": _FLAG,
    }
)
"""How each field of a command is drawn, by its name; any other by its type."""

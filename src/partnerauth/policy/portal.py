"""A portal as data: the schema of the portal file.  What differs between portals is said here and nowhere else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from partnerauth.addresses import parse_domain
from partnerauth.policy.grid import Cell, Grid, GridError, parse_grid
from partnerauth.policy.passwords import PasswordPolicy

RESOURCE_KINDS = ("product", "billing-address", "contract")
"""The kinds of resources: products come from the application's catalogue, the others from the account."""

MANAGE_ADMINISTRATORS = "manage-administrators"
MANAGE_USERS = "manage-users"
RESET_PASSWORD = "reset-password"  # noqa: S105 - the name of a right

FORM_VALUES: Mapping[str, frozenset[str]] = {
    "gender": frozenset({"man", "woman"}),
    "title": frozenset({"mr", "ms", "mx"}),
    "language": frozenset({"nl", "fr", "de", "en"}),
}
"""The fields of forms that take one of a few words."""

FORM_FIELDS = (
    "username",
    "password",
    "confirm",
    "gender",
    "title",
    "first-name",
    "last-name",
    "email",
    "phone",
    "language",
    "identification-question",
    "identification-answer",
)
"""The fields a form about a person can have (rulebook, section 0)."""

FORM_COMMANDS = (
    "create-user",
    "request-access",
    "invite",
    "accept-invitation",
    "join-organisation",
    "create-organisation",
    "update-details",
)
"""The commands that have a form about a person: a column of the forms' grid each, where they are offered."""

COMMANDS = (
    *("open-organisation", "set-account", "set-contract", "set-option"),
    *("request-access", "grant-access", "refuse-access"),
    *("register", "verify-email", "join-organisation", "create-organisation", "approve", "reject"),
    *("invite", "resend-invitation", "cancel-invitation", "accept-invitation"),
    *("create-user", "set-temporary-password", "import-allow-list", "receive-request", "link-domain", "unlink-domain"),
    *("sign-in", "sign-in-sso", "sign-out", "end-sessions", "renew-session"),
    *("change-password", "request-reset", "reset-password", "trigger-reset", "change-email", "confirm-email"),
    *("update-details", "grant", "copy-rights", "revoke", "set-management", "set-administrator"),
    *("delegate", "pass-on", "withdraw", "submit-request", "update-case", "set-notifications"),
    *("deactivate", "reactivate", "delete"),
)
"""The commands that a portal can offer: each has a flow of its own."""

ActorWord: TypeAlias = Literal["visitor", "user", "administrator", "operator", "system"]

Notice: TypeAlias = Literal["reset-requested", "no-mail", "reset-chain", "known-addresses", "unknown-address"]
"""What a page tells everybody alike (GX-03); `messages.notice` has the words."""

_WHOLE = 100
"""All of it, in percent."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: object) -> timedelta:
    """Read `30s`, `10m`, `3h` or `91d`.  Raises ValueError for anything else."""
    if isinstance(text, timedelta):
        return text
    if isinstance(text, str) and (found := re.fullmatch("([0-9]{1,6})([smhd])", text)):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    message = "a duration is a whole number and a unit: 30s, 10m, 3h, 90d"
    raise ValueError(message)


def parse_percent(text: object) -> int:
    """Read `20%`, from 0 to 100.  Raises ValueError for anything else."""
    if isinstance(text, int) and 0 <= text <= _WHOLE:
        return text
    if isinstance(text, str) and re.fullmatch("[0-9]{1,2}%|100%", text):
        return int(text[:-1])
    message = "a share is a whole number of percent: 20%"
    raise ValueError(message)


def _a_label(text: str) -> str:
    domain = parse_domain(text)
    if domain is None:
        message = f"{text!r} is no e-mail domain"
        raise ValueError(message)
    return domain


def _read_grid(value: object) -> Grid:
    if isinstance(value, Grid):
        return value
    if not isinstance(value, str):
        message = "a grid is a text of several lines"
        raise ValueError(message)  # noqa: TRY004 - pydantic reports ValueError, and lets TypeError through
    return parse_grid(value)


def _flat(value: object) -> object:
    """Return tables within tables as one, with the keys that TOML writes with dots."""
    if not isinstance(value, Mapping):
        return value
    parts = ((key, _flat(each)) for key, each in value.items())
    return {
        f"{key}.{inner}" if inner else key: text
        for key, each in parts
        for inner, text in (each.items() if isinstance(each, Mapping) else (("", each),))
    }


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        message = f"named twice: {', '.join(twice)}"
        raise ValueError(message)
    return values


Duration: TypeAlias = Annotated[timedelta, BeforeValidator(parse_duration)]
Percent: TypeAlias = Annotated[int, BeforeValidator(parse_percent)]
Domain: TypeAlias = Annotated[str, AfterValidator(_a_label)]
Texts: TypeAlias = Annotated[Mapping[str, str], BeforeValidator(_flat)]
GridText: TypeAlias = Annotated[Grid, BeforeValidator(_read_grid)]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Names: TypeAlias = Annotated[tuple[Name, ...], AfterValidator(_unique)]


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        alias_generator=lambda name: name.replace("_", "-"),
        hide_input_in_errors=False,
    )


class SignIn(_Section):
    """How people sign in and for how long (ED-06, ED-08, ED-09, KP-08).

    A session ends after `lasts`, or `stays` where its user asked for that, whatever he does; and after `idle`, where
    that is said, unless he does something before (SE-08).  Of a user's sessions the newest `most_sessions` live.
    """

    one_user_per_browser: bool = False
    after_reset: bool = False
    after_acceptance: bool = False
    lasts: Duration = timedelta(hours=12)
    stays: Duration = timedelta(days=30)
    idle: Duration | None = None
    most_sessions: int = Field(default=20, ge=1, le=1000)
    sso_providers: Names = ()


class Passwords(_Section):
    """The portal's password policy; a portal file may raise it above the floor (GX-06, PW-23)."""

    minimum_length: int = Field(ge=7, le=64)
    require: tuple[Literal["lower", "upper", "letter", "digit", "special"], ...] = ()
    maximum_length: int = Field(default=128, ge=64, le=128)
    personal_run: int = Field(default=4, ge=4, le=8)


class Lifetimes(_Section):
    """How long links, codes and temporary passwords are good for (GX-04, BP-13, KP-01, DP-01)."""

    reset: Duration = timedelta(hours=1)
    email_change: Duration = timedelta(hours=24)
    verification: Duration = timedelta(hours=24)
    registration: Duration = timedelta(hours=24)
    invitation: Duration = timedelta(days=90)
    temporary_password: Duration = timedelta(days=7)


class Limits(_Section):
    """How often one may guess (GX-05), how many mails one may have sent (TK-30), and how soon again (SP-04).

    `arrivals_per_source` is how often strangers may knock from one source within the window: ask for access,
    register, enter a code, or write from one domain for the first time (FD-13).
    """

    wrong_per_user: int = Field(default=5, ge=1)
    wrong_per_source: int = Field(default=20, ge=1)
    wrong_per_code: int = Field(default=5, ge=1)
    codes_per_mailbox: int = Field(default=10, ge=1)
    arrivals_per_source: int = Field(default=100, ge=1)
    window: Duration = timedelta(minutes=15)
    longest_delay: Duration = timedelta(hours=1)
    mail_again_after: Duration = timedelta(0)


class AllowList(_Section):
    """The feed of the addresses that get in: `share` of the users may leave by one feed, in percent (ED-01)."""

    share: Percent = 20


class MailedRequests(_Section):
    """Requests that arrive by e-mail and make an account for whoever sent them (SP-01).

    `own_domains` are the portal's own, and `machines` the names before the @ of senders who are nobody: neither
    gets an account (FD-13, FD-14).
    """

    own_domains: tuple[Domain, ...] = ()
    machines: tuple[str, ...] = ()


class Management(_Section):
    """The rights about users rather than about an application (BP-02, BP-03, BP-06)."""

    given: Literal["one-by-one", "together", "never"]
    rights: Names
    everyone: Names = ()
    reaches_administrators: Name = MANAGE_ADMINISTRATORS
    reaches_others: Name = MANAGE_USERS
    options: Mapping[Name, Name] = Field(default_factory=dict)
    after_portal_sign_in: Names = ()

    @cached_property
    def administrator(self) -> frozenset[str]:
        """The rights of which one makes its holder an administrator."""
        return frozenset({self.reaches_administrators, self.reaches_others} & set(self.rights))

    @model_validator(mode="after")
    def _names_exist(self) -> Management:
        _known("everyone", self.everyone, self.rights)
        _known("options", self.options, self.rights)
        _known("after-portal-sign-in", self.after_portal_sign_in, self.rights)
        return self


class Invitations(_Section):
    """What an invitation asks, and what it makes (KP-02, KP-05).

    With `same_domain` an administrator invites only into the domain of his own address; with
    `first_is_administrator` the first to come in becomes an administrator, whatever the invitation said.
    """

    same_domain: bool = False
    first_is_administrator: bool = False


class RequestKind(_Section):
    """A kind of request: the right that it takes, and the updates of the case that are worth a mail (DP-07, DP-09).

    `answers` are those of a field that this kind allows, where it allows fewer.
    """

    application: Name
    right: Name
    answers: Mapping[Name, Names] = Field(default_factory=dict)
    main_updates: Names = ()


class Requests(_Section):
    """Requests and the cases that they become (DP-06, DP-07, DP-09).

    The grid says which fields a kind of request has and must have, `answers` what a field takes where that is
    one of a few words, and `statuses` what can become of a case.  `record` is the kind of record whose rules
    say who sees a case, and `tick` the field that asks, yes or no, for mails about it.
    """

    grid: GridText
    answers: Mapping[Name, Names] = Field(default_factory=dict)
    kinds: Mapping[Name, RequestKind] = Field(min_length=1)
    statuses: Names
    record: Name
    tick: Name

    def allowed(self, kind: str) -> Mapping[str, frozenset[str]]:
        """Return the answers that a kind of request allows, by field."""
        return {field: frozenset(words) for field, words in {**self.answers, **self.kinds[kind].answers}.items()}

    @model_validator(mode="after")
    def _names_exist(self) -> Requests:
        _known("kinds", self.kinds, self.grid.columns)
        _known("grid", self.grid.columns, self.kinds)
        _known("answers", self.answers, self.grid.rows)
        _known("tick", [self.tick], self.grid.rows)
        for code, kind in self.kinds.items():
            _known(f"kinds.{code}.main-updates", kind.main_updates, self.statuses)
            _known(f"kinds.{code}.answers", kind.answers, self.answers)
            for field, words in kind.answers.items():
                _known(f"kinds.{code}.answers.{field}", words, self.answers[field])
        return self


class Right(_Section):
    """One right of an application: what it is called, the kinds it needs, the option it depends on, where it exists."""

    name: str
    needs: tuple[Literal["product", "billing-address", "contract"], ...] = ()
    option: Name | None = None
    countries: tuple[str, ...] = ()


class Matrix(_Section):
    """Which sets of rights fit together (BP-28): rows rights or groups of rights, columns profiles."""

    grid: GridText
    groups: Mapping[Name, Names] = Field(default_factory=dict)
    services: Names = ()

    @cached_property
    def profiles(self) -> tuple[str, ...]:
        """The profiles, in the order of the file."""
        return self.grid.columns

    @cached_property
    def cells(self) -> Mapping[str, Mapping[str, Cell]]:
        """The cell of every right, by profile, with the group rows unfolded."""
        unfolded: dict[str, Mapping[str, Cell]] = {}
        for row, cells in self.grid.rows.items():
            for right in self.groups.get(row, (row,)):
                unfolded[right] = cells
        return unfolded

    @cached_property
    def belongs_to_nobody(self) -> frozenset[str]:
        """The rights that no profile may hold."""
        allowed = {Cell.MANDATORY, Cell.OPTIONAL}
        return frozenset(right for right, cells in self.cells.items() if not allowed & set(cells.values()))

    @model_validator(mode="after")
    def _rows_and_groups_fit(self) -> Matrix:
        seen: set[str] = set()
        for group, members in self.groups.items():
            if not members:
                message = f"group {group!r} is empty: name its rights or take it out"
                raise ValueError(message)
            if group not in self.grid.rows:
                message = f"group {group!r} has no row in the grid"
                raise ValueError(message)
        for row in self.grid.rows:
            members = self.groups.get(row, (row,))
            if again := sorted(seen & set(members)):
                message = f"row {row!r} overlaps another: {', '.join(again)}"
                raise ValueError(message)
            seen |= set(members)
        _known("services", self.services, seen)
        return self


class Subcontracting(_Section):
    """Another organisation may work on a customer's account (BP-30 to BP-32)."""

    administrator: Name


class Application(_Section):
    """An application: its catalogue of rights and resources, and what may be combined."""

    name: str
    rights: Mapping[Name, Right]
    products: Names = ()
    eligible_contracts: Names = ()
    active_contracts_only: bool = False
    matrix: Matrix | None = None
    subcontracting: Subcontracting | None = None

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of resources that some right of the application needs."""
        return tuple(kind for kind in RESOURCE_KINDS if any(kind in right.needs for right in self.rights.values()))

    @cached_property
    def belongs_to_nobody(self) -> frozenset[str]:
        """The rights that nobody can hold (BP-28)."""
        return self.matrix.belongs_to_nobody if self.matrix else frozenset()

    @model_validator(mode="after")
    def _names_exist(self) -> Application:
        if self.matrix:
            _known("matrix", self.matrix.cells, self.rights)
            if left := sorted(set(self.rights) - set(self.matrix.cells)):
                message = f"matrix: no row for {', '.join(left)}"
                raise ValueError(message)
        if self.subcontracting:
            _known("subcontracting.administrator", [self.subcontracting.administrator], self.rights)
        if bool(self.products) != ("product" in self.kinds):
            message = "products: named where a right needs them, and only there"
            raise ValueError(message)
        return self


class Sight(_Section):
    """Who sees a record: whoever holds the right, of his own records or of all of the account's organisation."""

    right: Name
    whose: Literal["own", "organisation"]
    within: tuple[Literal["product", "billing-address", "contract"], ...] = ()
    administrators_only: bool = False


class Record(_Section):
    """A kind of record that an application shows, and who sees one (BP-22, ED-10, SP-07, DP-06)."""

    application: Name
    seen_by: tuple[Sight, ...] = Field(min_length=1)


class Forms(_Section):
    """Which fields a form has and which it must have (BP-11, KP-06, DP-05)."""

    grid: GridText
    defaults: Mapping[Name, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_exist(self) -> Forms:
        _known("grid", self.grid.rows, FORM_FIELDS)
        _known("defaults", self.defaults, FORM_FIELDS)
        for field, value in self.defaults.items():
            if field in FORM_VALUES and value not in FORM_VALUES[field]:
                message = f"defaults.{field}: {value!r} is none of {', '.join(sorted(FORM_VALUES[field]))}"
                raise ValueError(message)
        return self


class Portal(_Section):
    """One partner portal: its policies and applications."""

    portal: Name
    title: str
    address: str = Field(pattern=r"^https://[^\s/?#]+$")
    languages: tuple[Literal["nl", "fr", "de", "en"], ...] = Field(min_length=1)
    accounts: bool
    usernames: bool
    application_rights: Literal["granted", "membership"]
    options: Names = ()
    offers: Mapping[Name, tuple[ActorWord, ...]]
    forbidden: Mapping[Name, tuple[ActorWord, ...]] = Field(default_factory=dict)
    management: Management
    sign_in: SignIn = SignIn()
    passwords: Passwords
    lifetimes: Lifetimes = Lifetimes()
    limits: Limits = Limits()
    forms: Forms
    applications: Mapping[Name, Application] = Field(min_length=1)
    records: Mapping[Name, Record] = Field(default_factory=dict)
    invitation: Invitations = Invitations()
    requests: Requests | None = None
    allow_list: AllowList | None = None
    mailed_requests: MailedRequests | None = None
    domains: Literal["named", "linked"] = "named"
    notices: Mapping[Name, tuple[Notice, ...]] = Field(default_factory=dict)
    texts: Texts = Field(default_factory=dict)
    email_spelling: Literal["fold", "lowercase-only"] = "fold"
    email_change: Literal["anywhere", "same-domain"] = "anywhere"

    @cached_property
    def password_policy(self) -> PasswordPolicy:
        """What a new password must satisfy."""
        return PasswordPolicy(
            minimum_length=self.passwords.minimum_length,
            require=frozenset(self.passwords.require),
            maximum_length=self.passwords.maximum_length,
            personal_run=self.passwords.personal_run,
        )

    @property
    def case_rules(self) -> Requests:
        """What is said of requests and cases: only where the portal offers them."""
        return cast("Requests", self.requests)

    @cached_property
    def fingerprint(self) -> str:
        """A digest of everything the portal says: equal portals have equal fingerprints."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    @model_validator(mode="after")
    def _names_exist(self) -> Portal:
        if self.forbidden.get("delete") is None or "delete" not in self.offers:
            message = "forbidden.delete: users are deactivated, never deleted (BP-09): offer delete and forbid it"
            raise ValueError(message)
        if set(self.offers["delete"]) - set(self.forbidden["delete"]):
            message = "forbidden.delete: deleting is refused for everybody who is offered it (BP-09)"
            raise ValueError(message)
        if strange := [word for word in self.offers if word not in COMMANDS]:
            raise ValueError("; ".join(map(_no_such_command, strange)))
        _known("forbidden", self.forbidden, self.offers)
        _known("notices", self.notices, self.offers)
        _known("management.options", self.management.options.values(), self.options)
        for code, application in self.applications.items():
            needed = [right.option for right in application.rights.values() if right.option]
            _known(f"applications.{code}.rights: option", needed, self.options)
        for kind, record in self.records.items():
            _known(f"records.{kind}.application", [record.application], self.applications)
            rights = self.applications[record.application].rights
            _known(f"records.{kind}.seen-by: right", [sight.right for sight in record.seen_by], rights)
        return self

    @model_validator(mode="after")
    def _forms_fit(self) -> Portal:
        columns = [command for command in FORM_COMMANDS if command in self.offers]
        if missing := [command for command in columns if command not in self.forms.grid.columns]:
            message = f"forms.grid: no column for {', '.join(missing)}, which the portal offers"
            raise ValueError(message)
        if "username" in self.forms.grid.rows and not self.usernames:
            message = "usernames: true where a form asks for one (forms.grid: username)"
            raise ValueError(message)
        if (self.requests is None) != {"submit-request", "update-case", "set-notifications"}.isdisjoint(self.offers):
            message = (
                "requests: a section where submit-request, update-case or set-notifications is offered, and only there"
            )
            raise ValueError(message)
        if self.accounts and "create-organisation" in self.offers:
            message = "accounts: nobody can say which accounts an organisation has that its first user creates (DP-02)"
            raise ValueError(message)
        if self.requests:
            _known("requests.record", [self.requests.record], self.records)
            for code, kind in self.requests.kinds.items():
                _known(f"requests.kinds.{code}.application", [kind.application], self.applications)
                _known(f"requests.kinds.{code}.right", [kind.right], self.applications[kind.application].rights)
        return self

    @model_validator(mode="after")
    def _sections_fit(self) -> Portal:
        if (self.allow_list is None) == ("import-allow-list" in self.offers):
            message = "allow-list: a section where import-allow-list is offered, and only there"
            raise ValueError(message)
        if self.allow_list and self.management.given != "never":
            message = "allow-list: the feed decides who comes and goes, so there are no administrators (ED-01, GX-07)"
            raise ValueError(message)
        if self.allow_list and self.usernames:
            message = "usernames: false with an allow-list, which names people by their addresses alone (ED-03, GX-12)"
            raise ValueError(message)
        if (self.mailed_requests is None) == ("receive-request" in self.offers):
            message = "mailed-requests: a section where receive-request is offered, and only there"
            raise ValueError(message)
        if (self.domains == "linked") == {"receive-request", "link-domain", "unlink-domain"}.isdisjoint(self.offers):
            message = 'domains: "linked" where a domain stands for one organisation (SP-07), and only there'
            raise ValueError(message)
        if ("renew-session" in self.offers) != (self.sign_in.idle is not None):
            message = "sign-in.idle: said where renew-session is offered, so that who reads is not idle, and only there"
            raise ValueError(message)
        if ("sign-in-sso" in self.offers) != bool(self.sign_in.sso_providers):
            message = "sign-in.sso-providers: named where sign-in-sso is offered, and only there"
            raise ValueError(message)
        return self


def _known(where: str, names: Iterable[str], known: Iterable[str]) -> None:
    strange = sorted(set(names) - set(known))
    if strange:
        message = f"{where}: unknown {', '.join(strange)}; known are {', '.join(known)}"
        raise ValueError(message)


def _no_such_command(word: str) -> str:
    near = get_close_matches(word, COMMANDS, n=1)
    mend = f"did you mean {near[0]}?" if near else f"known are {', '.join(COMMANDS)}"
    return f"offers.{word}: no such command: {mend}"


class PortalError(ValueError):
    """A portal file that is not valid: each problem with its key path and how to mend it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_portal(data: Mapping[str, Any], *, source: str = "", text: str = "") -> Portal:
    """Make a portal of the data of a portal file.

    `source` (the file's name) and `text` (its text) serve the messages alone.  Raises PortalError, which
    names every problem with file, key path and, inside a grid, the line.
    """
    try:
        return Portal.model_validate(data)
    except ValidationError as error:
        raise PortalError(tuple(_problem(dict(each), data, source, text) for each in error.errors())) from None


def _problem(error: Mapping[str, Any], data: Mapping[str, Any], source: str, text: str) -> str:
    path = [part for part in error["loc"] if part != "[key]"]
    where = ".".join(str(part) for part in path)
    cause = error.get("ctx", {}).get("error")
    line = f", line {_line(cause.line, path, data, text)}" if isinstance(cause, GridError) else ""
    place = ": ".join(part for part in (f"{source}{line}", where) if part)
    return f"{place}: {_mend(error)}"


def _mend(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "unknown key: take it out or correct its spelling"
        case "missing":
            return "missing: add it"
        case "string_pattern_mismatch":
            return f"{error['input']!r} has not the form {error['ctx']['pattern']}"
        case _:
            return str(error["msg"]).removeprefix("Value error, ")


def _line(line: int, path: list[Any], data: Mapping[str, Any], text: str) -> int:
    grid: Any = data
    for part in path:
        grid = grid[part]
    before = text.find(grid)
    return line + (text.count("\n", 0, before) if before >= 0 else 0)

"""The words of scenario files: every command and question of every portal, with its fields and their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from partnerauth.addresses import parse
from partnerauth.flows import FLOWS

Kind: TypeAlias = Literal[
    "text",
    "flag",
    "number",
    "names",
    "resources",
    "words",
    "one-of-each",
    "record",
    "secret",
    "user",
    "new-user",
    "case",
    "new-case",
    "account",
    "accounts",
    "contracts",
    "entries",
    "claims",
    "anything",
]
"""What a field takes.

`user` and `case` are aliases (or the address of a user who has none), `new-user` and `new-case` those of what the
command makes.
"""


class Section(BaseModel):
    """A map of a scenario file: keys with hyphens, unknown ones refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class MailedTo(Section):
    """A secret that was mailed to an address: the newest, or the `nth` ever."""

    mailed_to: str
    nth: int | None = None


class Verified(Section):
    """The registration token that verifying an address gave."""

    verified: str


class ContractFacts(Section):
    """A contract of an account."""

    active: bool = True
    kind: str = ""


class AccountFacts(Section):
    """A customer account; applications that are left out are all of the portal's."""

    name: str = ""
    applications: tuple[str, ...] | None = None
    contracts: Mapping[str, ContractFacts] = Field(default_factory=dict)
    billing_addresses: tuple[str, ...] = ()


class RecordFacts(Section):
    """Something that an application shows: its kind, whose it is, and where it belongs."""

    type: str
    owner: str = ""
    organisation: str = ""
    account: str = ""
    product: str | None = None
    billing_address: str | None = None
    contract: str | None = None


class EntryFacts(Section):
    """A line of a feed."""

    email: str
    name: str = ""
    organisation: str = ""
    user: str = ""


def _as_claims(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return claims as a provider's token has them: truth values are no texts there (SO-02)."""
    truth = {"true": True, "false": False}
    return {name: truth.get(value, value) if isinstance(value, str) else value for name, value in said.items()}


KINDS: Final[Mapping[Kind, tuple[TypeAdapter[Any], str]]] = MappingProxyType(
    {
        "text": (TypeAdapter(str), "a text"),
        "flag": (TypeAdapter(bool), "true or false"),
        "number": (TypeAdapter(int), "a whole number"),
        "names": (TypeAdapter(tuple[str, ...]), "a list of names, such as [creation, confirmation]"),
        "resources": (TypeAdapter(Mapping[str, tuple[str, ...]]), "lists by kind, such as {product: [letter]}"),
        "words": (TypeAdapter(Mapping[str, str]), "texts by name, such as {first-name: Anna}"),
        "one-of-each": (TypeAdapter(Mapping[str, str]), "one value of each kind, such as {product: letter}"),
        "record": (
            TypeAdapter(RecordFacts),
            "{type, owner, organisation, account, product}, such as {type: deposit, owner: anna, account: hq}",
        ),
        "secret": (
            TypeAdapter(str | MailedTo | Verified),
            "a literal, {mailed-to: ADDRESS}, {mailed-to: ADDRESS, nth: 1} or {verified: ADDRESS}",
        ),
        "user": (TypeAdapter(str), "the alias of a user"),
        "new-user": (TypeAdapter(str), "the alias of a user"),
        "case": (TypeAdapter(str), "the alias of a case"),
        "new-case": (TypeAdapter(str), "the alias of a case"),
        "account": (TypeAdapter(str), "an account, such as hq or acme/hq"),
        "accounts": (TypeAdapter(Mapping[str, AccountFacts]), "accounts by name, such as {hq: {name: Acme}}"),
        "contracts": (TypeAdapter(Mapping[str, ContractFacts]), "contracts by name, such as {C-1: {active: true}}"),
        "entries": (TypeAdapter(tuple[EntryFacts, ...]), "a list of {email, name, organisation, user}"),
        "claims": (
            TypeAdapter(Annotated[Mapping[str, Any], AfterValidator(_as_claims)]),
            "what the provider says, such as {issuer: …, subject: …, email: ADDRESS, email-verified: true}",
        ),
        "anything": (TypeAdapter(Any), "anything"),
    }
)
"""How a value of each kind is read, and what to write where it is not one."""

_DESCRIPTION: Final[Mapping[str, Kind]] = {
    "organisation": "text",
    "name": "text",
    "street": "text",
    "town": "text",
    "country": "text",
}
_PASSWORD: Final[Mapping[str, Kind]] = {"password": "secret", "confirm": "secret"}
_CHOICE: Final[Mapping[str, Kind]] = {
    "application": "text",
    "account": "account",
    "rights": "names",
    "resources": "resources",
}
_USER: Final[Mapping[str, Kind]] = {"user": "user"}

COMMANDS: Final[Mapping[str, Mapping[str, Kind]]] = MappingProxyType(
    {
        "open-organisation": {
            **_DESCRIPTION,
            "domains": "names",
            "options": "names",
            "subcontractor": "flag",
            "accounts": "accounts",
        },
        "set-account": {
            "organisation": "text",
            "account": "text",
            "name": "text",
            "applications": "names",
            "contracts": "contracts",
            "billing-addresses": "names",
        },
        "set-contract": {
            "organisation": "text",
            "account": "text",
            "contract": "text",
            "active": "flag",
            "kind": "text",
        },
        "set-option": {"organisation": "text", "option": "text", "enabled": "flag"},
        "request-access": {
            "organisation": "text",
            "application": "text",
            "account": "text",
            "user": "new-user",
            "details": "words",
            "source": "text",
        },
        "grant-access": _USER,
        "refuse-access": _USER,
        "create-user": {"user": "new-user", "details": "words", "management": "names", **_PASSWORD},
        "invite": {
            "user": "new-user",
            "email": "text",
            "administrator": "flag",
            "details": "words",
            "rights": "anything",
            "organisation": "text",
        },
        "resend-invitation": _USER,
        "cancel-invitation": _USER,
        "accept-invitation": {"token": "secret", **_PASSWORD, "details": "words"},
        "register": {"email": "text", "user": "new-user", "source": "text"},
        "verify-email": {"email": "text", "code": "secret", "source": "text"},
        "join-organisation": {
            "email": "text",
            "token": "secret",
            "organisation": "text",
            "details": "words",
            **_PASSWORD,
        },
        "create-organisation": {
            "email": "text",
            "token": "secret",
            **_DESCRIPTION,
            "details": "words",
            **_PASSWORD,
        },
        "approve": _USER,
        "reject": _USER,
        "import-allow-list": {"entries": "entries", "sequence": "number"},
        "receive-request": {"sender": "text", "user": "new-user"},
        "link-domain": {"organisation": "text", "domain": "text"},
        "unlink-domain": {"organisation": "text", "domain": "text"},
        "sign-in": {
            "identifier": "text",
            "password": "secret",
            "browser": "text",
            "stay": "flag",
            "source": "text",
        },
        "sign-in-sso": {"provider": "text", "claims": "claims", "browser": "text"},
        "sign-out": {"browser": "text"},
        "end-sessions": {"session": "text"},
        "renew-session": {},
        "request-reset": {"identifier": "text", "source": "text"},
        "reset-password": {"token": "secret", **_PASSWORD, "browser": "text"},
        "change-password": {"current": "secret", **_PASSWORD},
        "set-temporary-password": {**_USER, "password": "secret"},
        "trigger-reset": _USER,
        "change-email": {"email": "text"},
        "confirm-email": {"token": "secret"},
        "update-details": {**_USER, "details": "words"},
        "grant": {**_USER, "profile": "text", **_CHOICE},
        "copy-rights": {**_USER, "application": "text", "account": "account", "profile": "text"},
        "revoke": {**_USER, **_CHOICE},
        "set-management": {**_USER, "management": "names"},
        "set-administrator": {**_USER, "administrator": "flag"},
        "delegate": {"organisation": "text", **_CHOICE},
        "pass-on": {**_USER, **_CHOICE},
        "withdraw": {"organisation": "text", **_USER, **_CHOICE},
        "deactivate": _USER,
        "reactivate": _USER,
        "delete": _USER,
        "submit-request": {"case": "new-case", "kind": "text", "fields": "anything"},
        "update-case": {"case": "case", "status": "text"},
        "set-notifications": {"enabled": "flag", "case": "case"},
    }
)
"""Every command that some portal offers, with its fields."""

CREATED_BY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "request-access": ("details", "email"),
        "create-user": ("details", "email"),
        "invite": ("email",),
        "register": ("email",),
        "receive-request": ("sender",),
    }
)
"""The commands that make a user, and where they name his address."""

_ASKED: Final[Mapping[str, Kind]] = {"application": "text", "account": "account"}

QUESTIONS: Final[Mapping[str, Mapping[str, Kind]]] = MappingProxyType(
    {
        "can": {**_USER, **_ASKED, "right": "text", "resources": "one-of-each"},
        "sees": {**_USER, "record": "record"},
        "signed-in": {"browser": "text", **_USER},
        "users": {"organisation": "text"},
        "user": _USER,
        "rights": {**_USER, **_ASKED},
        "who-can": {**_ASKED, "right": "text", "resources": "one-of-each"},
        "choices": {**_USER, **_ASKED},
        "applications": {**_USER, "account": "account"},
        "profiles": {**_ASKED, "rights": "names"},
        "candidates": {"email": "text"},
        "link": {"token": "secret"},
        "mailed": {"to": "text"},
        "recorded": {"about": "text"},
    }
)
"""Every question, with its fields."""

RECORDS: Final = (
    *("deposit", "lead", "customer", "contract", "framework-order", "rework", "order", "document"),
    *("ticket", "case", "credit"),
)
"""Every kind of record that some shipped portal has."""

ASKED_BY_SOMEBODY: Final = frozenset({"users", "choices", "applications"})
"""The questions whose answer depends on who asks."""

ACTORS: Final = ("visitor", "operator", "system")
"""Who acts, besides the users."""


def command_kinds(word: str) -> Mapping[str, Kind]:
    """Return the fields of a command with their kinds; what only the command itself knows, it types itself."""
    model = FLOWS[word].command if word in FLOWS else None
    own = {about.alias or name for name, about in model.model_fields.items()} if model else set()
    further: Mapping[str, Kind] = dict.fromkeys(sorted(own - set(COMMANDS[word])), "anything")
    return {**COMMANDS[word], **further}


def own_fields(word: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields that a command has itself: what it makes is called by an alias in the scenario alone."""
    kinds = command_kinds(word)
    return {name: fields[name] for name in fields if kinds.get(name) not in {None, "new-user", "new-case"}}


def address_in(word: str, fields: Mapping[str, Any]) -> str | None:
    """Return the address that a command gives the user whom it makes, or None where it names none."""
    value: Any = fields
    for part in CREATED_BY[word]:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None


def address_key(text: str) -> str:
    """Return what two spellings of one address have in common; text that is no address stays as it is."""
    address = parse(text)
    return address.key if address else text

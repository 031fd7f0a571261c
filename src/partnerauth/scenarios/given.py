"""Puts facts in place without running flows, and says which facts are not possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from partnerauth.addresses import EmailAddress, name_key, parse, parse_domain, title_key
from partnerauth.directory import Entity
from partnerauth.entities import (
    IMPLIED_ACCOUNT,
    AccessRequest,
    Account,
    Contract,
    Credential,
    Element,
    Given,
    Invitation,
    LinkedDomain,
    Organisation,
    OrganisationId,
    OrganisationName,
    Selection,
    State,
    User,
    UserId,
    account_id,
)
from partnerauth.events import login_names
from partnerauth.policy import forms, rights
from partnerauth.policy.portal import FORM_FIELDS, FORM_VALUES, Application, Portal
from partnerauth.scenarios import schema
from partnerauth.scenarios.schema import HeldFacts, OrganisationFacts, UserFacts, unknown
from partnerauth.scenarios.vocabulary import ACTORS, AccountFacts

GIVEN_BY: Final = "operator:operator"
"""Who gave what is there already."""

LISTED_BY: Final = "system:system"
"""Who brought the addresses of the allow list."""

NOBODY: Final = "nobody"
"""Stands for no user in answers, so that no user can be called so."""

Path: TypeAlias = tuple[str | int, ...]
Impossible: TypeAlias = Iterator[tuple[Path, str]]

_OTHERWISE_SAID: Final = frozenset({"username", "password", "confirm", "email"})


def impossible(portal: Portal, given: schema.Given) -> Impossible:
    """Yield every fact that cannot be: where it stands, and why."""
    for name, organisation in given.organisations.items():
        yield from _at(("organisations", name), _organisation(portal, name, organisation))
    taken: dict[str, str] = {}
    for alias, user in given.users.items():
        yield from _at(("users", alias), _user(portal, given, alias, user))
        for key in _keys(alias, user):
            if taken.setdefault(key, alias) != alias:
                yield ("users", alias), f"{taken[key]} has the name {key} already: names belong to one user (GX-12)"
    yield from _domains(portal, given)
    yield from _allow_list(portal, given)


def entities(portal: Portal, given: schema.Given, hashed: Callable[[str], str], now: datetime) -> Iterable[Entity]:
    """Return what is there already, as a store keeps it.  Takes only what `impossible` finds nothing in."""
    for name, organisation in given.organisations.items():
        yield from _organisation_entities(portal, name, organisation)
    for alias, user in given.users.items():
        yield from _user_entities(portal, alias, user, hashed, now)
    known = {key for alias, user in given.users.items() for key in _keys(alias, user)}
    listed = {address.key: address for address in map(parse, given.allow_list or ()) if address}
    for address in listed.values():
        if address.key not in known:
            yield from _listed_entities(portal, given, address)


def accounts(portal: Portal, organisation: OrganisationFacts) -> Mapping[str, AccountFacts]:
    """Return the accounts of an organisation: in portals without accounts the implied one."""
    if not portal.accounts:
        return {IMPLIED_ACCOUNT: AccountFacts(name=organisation.name)}
    return organisation.accounts or {}


def _at(path: Path, found: Impossible) -> Impossible:
    for inner, reason in found:
        yield (*path, *inner), reason


def _unknown(what: str, names: Iterable[str], known: Iterable[str], path: Path) -> Impossible:
    catalogue = list(known)
    for name in names:
        if name not in catalogue:
            yield path, unknown(what, name, catalogue)


def _organisation(portal: Portal, name: str, facts: OrganisationFacts) -> Impossible:
    if not forms.identifies(name):
        yield (), f"{name!r} cannot be the id of an organisation"
    yield from _unknown("option", facts.options, portal.options, ("options",))
    for domain in facts.domains:
        if parse_domain(domain) is None:
            yield ("domains",), f"{domain!r} is no e-mail domain"
    if facts.accounts is not None and not portal.accounts:
        yield ("accounts",), f"the portal {portal.portal} has no accounts: leave them out"
        return
    for account, about in (facts.accounts or {}).items():
        path: Path = ("accounts", account)
        if not forms.identifies(account):
            yield path, f"{account!r} cannot be the name of an account"
        yield from _unknown("application", about.applications or (), portal.applications, (*path, "applications"))


def _user(portal: Portal, given: schema.Given, alias: str, facts: UserFacts) -> Impossible:
    if alias in {*ACTORS, NOBODY}:
        yield (), f"{alias} is a word of scenario files, not the alias of a user"
    if parse(facts.email) is None:
        yield ("email",), f"{facts.email!r} is no e-mail address"
    if facts.username and not portal.usernames:
        yield ("username",), f"the portal {portal.portal} has no user names: the address is the name"
    if facts.username and name_key(facts.username) is None:
        yield ("username",), f"{facts.username!r} cannot be a user name (GX-12)"
    yield from _unknown("state", (facts.state,), [state.value for state in State], ("state",))
    yield from _details(facts.details)
    yield from _management(portal, facts)
    organisation = given.organisations.get(facts.organisation)
    if organisation is None:
        yield ("organisation",), unknown("organisation", facts.organisation, given.organisations)
        return
    known = accounts(portal, organisation)
    for position, held in enumerate(facts.rights):
        yield from _at(("rights", position), _held(portal, facts.organisation, known, held))


def _domains(portal: Portal, given: schema.Given) -> Impossible:
    """A domain decides where people belong in some portals, so there it is one organisation's."""
    if portal.domains != "linked" and portal.allow_list is None:
        return
    owners: dict[str, str] = {}
    for name, organisation in given.organisations.items():
        for domain in filter(None, map(parse_domain, organisation.domains)):
            if owners.setdefault(domain, name) != name:
                yield ("organisations", name, "domains"), f"{domain} belongs to {owners[domain]} already"


def _allow_list(portal: Portal, given: schema.Given) -> Impossible:
    if given.allow_list is not None and portal.allow_list is None:
        yield ("allow-list",), f"the portal {portal.portal} has no allow list"
        return
    for position, text in enumerate(given.allow_list or ()):
        if parse(text) is None:
            yield ("allow-list", position), f"{text!r} is no e-mail address"


def _details(details: Mapping[str, str]) -> Impossible:
    fields = [field for field in FORM_FIELDS if field not in _OTHERWISE_SAID]
    yield from _unknown("field", details, fields, ("details",))
    for field, value in details.items():
        if field in FORM_VALUES and value:
            yield from _unknown(field, (value,), sorted(FORM_VALUES[field]), ("details", field))


def _management(portal: Portal, facts: UserFacts) -> Impossible:
    manner = portal.management.given
    if facts.management is not None:
        if manner == "one-by-one":
            yield from _unknown("management right", facts.management, portal.management.rights, ("management",))
        elif manner == "together":
            yield ("management",), "management rights are not given one by one here: write administrator: true"
        else:
            yield ("management",), f"the portal {portal.portal} has no administrators"
    if facts.administrator and manner == "one-by-one":
        known = ", ".join(portal.management.rights)
        yield ("administrator",), f"management rights are given one by one here: write management: [{known}]"
    elif facts.administrator and manner == "never":
        yield ("administrator",), f"the portal {portal.portal} has no administrators"


def _held(portal: Portal, organisation: str, known: Mapping[str, AccountFacts], held: HeldFacts) -> Impossible:
    if portal.application_rights == "membership" and "grant" not in portal.offers:
        yield (), f"in the portal {portal.portal} every active user holds all rights: leave them out"
        return
    if held.application not in portal.applications:
        yield ("application",), unknown("application", held.application, portal.applications)
        return
    application = portal.applications[held.application]
    yield from _unknown("right", held.rights, application.rights, ("rights",))
    for right in sorted(application.belongs_to_nobody & set(held.rights)):
        yield ("rights",), f"{right} belongs to nobody: no profile may hold it (BP-28)"
    yield from _unknown("kind of resource", held.resources, application.kinds, ("resources",))
    name = _account_name(portal, organisation, held)
    if name not in known:
        yield ("account",), unknown(f"account of {organisation}", held.account, known)
        return
    if held.application not in _applications(portal, known[name]):
        yield ("application",), f"{held.application} is not on the account {organisation}/{name}"
    account = _account(portal, organisation, name, known[name])
    for kind, values in held.resources.items():
        there = _values(application, account, kind)
        yield from _unknown(kind, values, there, ("resources", kind))


def _values(application: Application, account: Account, kind: str) -> Iterable[str]:
    match kind:
        case "product":
            return application.products
        case "contract":
            return account.contracts
        case _:
            return sorted(account.billing_addresses)


def _account_name(portal: Portal, organisation: str, held: HeldFacts) -> str:
    if not portal.accounts and not held.account:
        return IMPLIED_ACCOUNT
    return held.account.removeprefix(f"{organisation}/")


def _applications(portal: Portal, facts: AccountFacts) -> Iterable[str]:
    return portal.applications if facts.applications is None else facts.applications


def _account(portal: Portal, organisation: str, name: str, facts: AccountFacts) -> Account:
    contracts = {each: Contract(active=about.active, kind=about.kind) for each, about in facts.contracts.items()}
    return Account(
        id=account_id(organisation, name),
        organisation=OrganisationId(organisation),
        name=facts.name,
        applications=frozenset(_applications(portal, facts)),
        contracts=MappingProxyType(contracts),
        billing_addresses=frozenset(facts.billing_addresses),
    )


def _organisation_entities(portal: Portal, name: str, facts: OrganisationFacts) -> Iterable[Entity]:
    domains = frozenset(domain for domain in map(parse_domain, facts.domains) if domain)
    yield Organisation(
        id=OrganisationId(name),
        name=facts.name or name,
        street=facts.street,
        town=facts.town,
        country=facts.country,
        domains=domains,
        options=frozenset(facts.options),
        subcontractor=facts.subcontractor,
    )
    if portal.domains == "linked":
        yield from (LinkedDomain(domain=domain, organisation=OrganisationId(name)) for domain in sorted(domains))
    if "create-organisation" in portal.offers:
        called, town = title_key(facts.name or name), title_key(facts.town)
        yield OrganisationName(name=called, town=town, organisation=OrganisationId(name))
    for account, about in accounts(portal, facts).items():
        yield _account(portal, name, account, about)


def _user_entities(
    portal: Portal, alias: str, facts: UserFacts, hashed: Callable[[str], str], now: datetime
) -> Iterable[Entity]:
    user = _user_entity(portal, alias, facts, _address(facts))
    yield user
    yield from login_names(user)
    yield from _waiting(portal, facts, user)
    yield Credential(user=user.id, password_hash="" if facts.password is None else hashed(facts.password))
    selections: dict[tuple[str, str], dict[Element, Given]] = {}
    for held in facts.rights:
        where = selections.setdefault((_account_name(portal, facts.organisation, held), held.application), {})
        where |= dict.fromkeys(rights.elements(held.rights, held.resources), Given(GIVEN_BY, now))
    for (account, application), elements in selections.items():
        yield Selection(
            user=user.id,
            account=account_id(facts.organisation, account),
            application=application,
            elements=MappingProxyType(elements),
        )


def _waiting(portal: Portal, facts: UserFacts, user: User) -> Iterable[Entity]:
    """Return what somebody waits for: the invitation that he has not accepted, or what he asked the operator for."""
    if user.state is State.INVITED and "accept-invitation" in portal.offers:
        yield Invitation(user=user.id, by=GIVEN_BY, from_operator=True)
    if user.state is State.PENDING and "request-access" in portal.offers:
        names = (
            (account_id(facts.organisation, _account_name(portal, facts.organisation, each)), each.application)
            for each in facts.rights
        )
        yield AccessRequest(user=user.id, wanted=tuple(dict.fromkeys(names)))


def _listed_entities(portal: Portal, given: schema.Given, address: EmailAddress) -> Iterable[Entity]:
    """Return a user whom a feed brought: of the organisation whose domain his address has, or of a new one."""
    homes = (name for name, each in given.organisations.items() if address.domain in map(parse_domain, each.domains))
    home = next(homes, None)
    if home is None:
        home = address.domain
        yield from _organisation_entities(portal, home, OrganisationFacts(domains=(home,)))
    user = User(
        id=UserId(address.key),
        organisation=OrganisationId(home),
        state=State.INVITED,
        email=address,
        created_by=LISTED_BY,
    )
    yield user
    yield from login_names(user)
    yield Credential(user=user.id)


def _user_entity(portal: Portal, alias: str, facts: UserFacts, address: EmailAddress) -> User:
    management = frozenset(facts.management or ())
    return User(
        id=UserId(alias),
        organisation=OrganisationId(facts.organisation),
        state=State(facts.state),
        email=address,
        username=facts.username,
        details=MappingProxyType(dict(facts.details)),
        management=portal.management.administrator if facts.administrator else management,
        created_by=GIVEN_BY,
        deactivated_by=GIVEN_BY if facts.state == State.DEACTIVATED else "",
    )


def _address(facts: UserFacts) -> EmailAddress:
    address = parse(facts.email)
    if address is None:
        raise ValueError(facts.email)
    return address


def _keys(alias: str, facts: UserFacts) -> Iterable[str]:
    address = parse(facts.email)
    if address is None:
        return ()
    user = User(
        id=UserId(alias),
        organisation=OrganisationId(facts.organisation),
        state=State.ACTIVE,
        email=address,
        username=facts.username,
    )
    return [name.key for name in login_names(user)]

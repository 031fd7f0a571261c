"""What to try on a portal, made from its portal file: organisations, people, commands, questions, other portals.

What is drawn mostly makes sense at the moment, and is sometimes what must be refused: names that nobody knows,
ids of strangers, nothing at all.  Every value shrinks to one that makes sense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from partnerauth.addresses import parse
from partnerauth.entities import (
    IMPLIED_ACCOUNT,
    RIGHT,
    Account,
    Actor,
    Element,
    Member,
    Operator,
    OrganisationId,
    State,
    System,
    User,
    UserId,
    Visitor,
)
from partnerauth.flow import Command
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.policy.portal import RESOURCE_KINDS, Portal
from partnerauth.testing import drawing, oracle, sense, undoing
from partnerauth.testing.drawing import Selected
from partnerauth.testing.oracle import Question
from partnerauth.testing.scene import (
    ACCOUNTS,
    ADDRESSES,
    CONTRACTS,
    GUESSED,
    NAMES,
    UNKNOWN,
    Scene,
    address,
    happens,
    mostly,
    one_of,
    parts,
)

TAKING: Final = frozenset({"revoke", "deactivate"})
"""The commands by which somebody loses what he had."""


@st.composite
def themes(draw: DrawFn, portal: Portal) -> tuple[str, ...]:
    """Draw the one or two applications that a history is about, so that commands meet; special ones come more often."""
    special = [
        code for code, application in portal.applications.items() if application.matrix or application.subcontracting
    ]
    wanted = st.sampled_from((*special * 3, *portal.applications))
    return tuple(dict.fromkeys(draw(st.lists(wanted, min_size=1, max_size=2))))


@st.composite
def organisations(
    draw: DrawFn, portal: Portal, organisation: str, theme: Sequence[str] | None = None
) -> OpenOrganisation:
    """Draw how the operator opens an organisation: its options, and its accounts where the portal has them.

    The accounts have applications of the theme, and of all that there are without one.
    """
    about = tuple(portal.applications) if theme is None else theme
    fields: dict[str, Any] = {
        "options": draw(st.just(portal.options) | parts(portal.options)),
        "subcontractor": draw(st.sampled_from((True, True, False))),
        "country": draw(st.sampled_from(("BE", "NL"))),
        "domains": (f"{organisation}.example",),
    }
    if portal.accounts:
        fields["accounts"] = {name: draw(drawing.account(portal, about)) for name in draw(parts(ACCOUNTS, least=1))}
    return OpenOrganisation.model_validate({"organisation": organisation, "name": organisation.title(), **fields})


@st.composite
def users(draw: DrawFn, portal: Portal, organisation: str) -> User:
    """Draw somebody of an organisation, in whatever state, who has some management rights."""
    name = draw(st.sampled_from(NAMES))
    email = parse(address(name, organisation))
    if email is None:
        message = f"organisation: {organisation!r} makes no domain"
        raise ValueError(message)
    return User(
        id=UserId(f"u-{name}-{organisation}"),
        organisation=OrganisationId(organisation),
        state=draw(st.sampled_from(State)),
        email=email,
        username=f"{name}-{organisation}" if portal.usernames else "",
        management=frozenset(draw(parts(portal.management.rights))),
    )


def selections(portal: Portal, application: str, account: Account) -> SearchStrategy[Selected]:
    """Draw a selection that is possible on the account: rights, resources by kind, and the profile it fits, or None."""
    catalogue = portal.applications[application]
    contracts = [
        name
        for name, contract in sorted(account.contracts.items())
        if (contract.active or not catalogue.active_contracts_only)
        and (not catalogue.eligible_contracts or contract.kind in catalogue.eligible_contracts)
    ]
    within = [
        *(Element(RIGHT, right) for right in catalogue.rights),
        *(Element("product", product) for product in catalogue.products),
        *(Element("billing-address", each) for each in sorted(account.billing_addresses)),
        *(Element("contract", name) for name in contracts),
    ]
    return drawing.fitting(catalogue, frozenset(within))


def actors(scene: Scene, word: str) -> SearchStrategy[Actor]:
    """Draw somebody who is offered a command."""
    words = scene.portal.offers.get(word, ())
    others: Mapping[str, Actor] = {"visitor": Visitor(), "operator": Operator(), "system": System()}
    choices: list[SearchStrategy[Actor]] = [st.just(actor) for kind, actor in others.items() if kind in words]
    if "administrator" in words:
        # Whatever takes is the operator's as often: he alone can take from whoever is the only administrator.
        choices += [_members(scene, word, administrators=True)] * (1 if word in TAKING else 3)
    if "user" in words:
        choices.append(_members(scene, word, administrators=False))
    return st.one_of(choices) if choices else anybody(scene)


def anybody(scene: Scene) -> SearchStrategy[Actor]:
    """Draw any actor: a visitor, a member in whatever state, somebody unknown, the operator, the system."""
    unknown = st.sampled_from((Member(user=UserId(UNKNOWN)), Member(session=GUESSED)))
    rest = st.sampled_from((Visitor(), Operator(), System()))
    return st.one_of(_members(scene, "", administrators=False), rest, unknown)


def _members(scene: Scene, word: str, *, administrators: bool) -> SearchStrategy[Actor]:
    """Draw a member: known by id, or by a session, which may be over."""
    everybody = scene.state.users
    able = [user for user in everybody if sense.could(scene, word, user, administrators=administrators)] or everybody
    limited = [user for user in able if sense.lacks_something(scene, word, user)]
    likely: list[Actor] = [Member(user=user.id) for user in able]
    # Half of those who give lack something of it, and half could give everything.
    first: list[Actor] = [Member(user=user.id) for user in limited] or likely
    second: list[Actor] = [Member(user=user.id) for user in able if user not in limited] or likely
    rest: list[Actor] = [Member(user=user.id) for user in everybody]
    rest += [Member(session=each.text) for each in scene.sessions]
    unknown = Member(user=UserId(UNKNOWN))
    choices = (first, first, second, second, rest)
    return st.sampled_from(choices).flatmap(lambda chosen: one_of(chosen, unknown))


@st.composite
def commands(draw: DrawFn, scene: Scene, word: str, actor: Actor | None = None) -> tuple[Actor, Command]:
    """Draw a command of this name and who gives it, unless that is known; at times one that was given before."""
    known = undoing.again(scene, word) if actor is None else ()
    if known and happens(draw, 3):
        return draw(st.sampled_from(known))
    actor = actor or mostly(draw, actors(scene, word), anybody(scene), once_in=20)
    return actor, drawing.Drawing(draw, scene, word, actor).command()


@st.composite
def questions(draw: DrawFn, scene: Scene) -> Question:
    """Draw a question about a user: mostly about what he, or his organisation, holds somewhere."""
    portal, state = scene.portal, scene.state
    able = [user.id for user in state.users if oracle.barred(state, user) is None]
    everybody = (*(user.id for user in state.users), UserId(UNKNOWN))
    user = mostly(draw, one_of(able, UserId(UNKNOWN)), st.sampled_from(everybody), once_in=6)
    if happens(draw, 8):
        return Question(user=user, application=None, right=draw(st.sampled_from((*portal.management.rights, UNKNOWN))))
    person = state.user(user)
    home = person.organisation if person else ""
    first = next(iter(portal.applications))
    given = [(each.account, each.application) for each in state.selections if each.user == user]
    given += [(each.account, each.application) for each in state.delegations if each.organisation == home]
    own = [(each.id, code) for each in state.accounts if each.organisation == home for code in portal.applications]
    strange = [(each.id, code) for each in state.accounts for code in portal.applications]
    elsewhere = st.sampled_from([*own, *strange, (f"{home}/{UNKNOWN}", first)])
    account, application = mostly(draw, one_of(given or own, (f"{home}/{UNKNOWN}", first)), elsewhere, once_in=4)
    held = oracle.held(portal, state, person, application, account) if person else frozenset()
    implied = not portal.accounts and account == f"{home}/{IMPLIED_ACCOUNT}"
    return Question(
        user=user,
        application=application,
        right=draw(_rights(portal, application, held)),
        account=None if implied else account,
        resources=draw(_resources(portal, application, held)),
    )


@st.composite
def _rights(draw: DrawFn, portal: Portal, application: str, held: frozenset[Element]) -> str:
    catalogue = portal.applications[application].rights
    mine = [right for right in catalogue if Element(RIGHT, right) in held]
    return mostly(draw, one_of(mine, next(iter(catalogue))), st.sampled_from((*catalogue, UNKNOWN)), once_in=5)


@st.composite
def _resources(draw: DrawFn, portal: Portal, application: str, held: frozenset[Element]) -> Mapping[str, str]:
    """Draw at most one resource of each kind: what is held, what another may hold, the sign for none, no kind."""
    resources = {}
    others = st.sampled_from((*CONTRACTS, *ADDRESSES, *portal.applications[application].products, "-", UNKNOWN))
    for kind in RESOURCE_KINDS:
        values = sorted(each.name for each in held if each.kind == kind)
        if draw(st.booleans()) if values else happens(draw, 12):
            resources[kind] = mostly(draw, one_of(values, UNKNOWN), others, once_in=5)
    return {**resources, UNKNOWN: CONTRACTS[0]} if happens(draw, 40) else resources

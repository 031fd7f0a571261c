"""The questions of scenario files: each asks a view, and answers in the words that a scenario expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final, TypeVar

from partnerauth.decision import Refused
from partnerauth.entities import OrganisationId, account_id
from partnerauth.events import CommandRefused, Event, SignInFailed
from partnerauth.scenarios.expectations import Plain
from partnerauth.scenarios.given import NOBODY
from partnerauth.scenarios.schema import Step
from partnerauth.scenarios.vocabulary import ACTORS
from partnerauth.scenarios.world import UnanswerableError, World
from partnerauth.view import Decision, Record

T = TypeVar("T")


def ask(world: World, step: Step) -> tuple[Plain, Refused | None]:
    """Return what a question is answered, in the form of an expectation, and the refusal where it is one.

    Raises UnanswerableError where the question cannot be asked.
    """
    try:
        return _QUESTIONS[step.word](world, step), None
    except _RefusedError as error:
        return {"refused": list(error.refused.codes)}, error.refused


class _RefusedError(Exception):
    """The question was refused."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.codes)
        self.refused = refused


def _answered(answer: T | Refused) -> T:
    if isinstance(answer, Refused):
        raise _RefusedError(answer)
    return answer


def _can(world: World, step: Step) -> Plain:
    fields = step.fields
    decision = world.view().explain(
        world.user(fields["user"]),
        fields.get("application"),
        fields["right"],
        account=_account(world, step),
        resources=fields.get("resources") or {},
    )
    return _decided(decision)


def _sees(world: World, step: Step) -> Plain:
    said = step.fields["record"]
    whose = said.organisation or (world.organisation_of(said.owner) if said.owner else None)
    where = whose or world.organisation_of(step.fields["user"])
    record = Record(
        type=said.type,
        owner=world.user(said.owner) if said.owner else None,
        organisation=OrganisationId(whose) if whose else None,
        account=world.account(said.account, where) if said.account else None,
        resources=MappingProxyType(
            said.model_dump(by_alias=True, include={"product", "billing_address", "contract"}, exclude_none=True)
        ),
    )
    return _decided(world.view().sees(world.user(step.fields["user"]), record))


def _decided(decision: Decision) -> Plain:
    return "allow" if decision.reason is None else {"deny": [decision.reason.code]}


def _signed_in(world: World, step: Step) -> Plain:
    view, browser, alias = world.view(), step.fields["browser"], step.fields.get("user")
    if alias is None:
        user = view.signed_in(browser)
        return world.alias(user) if user else NOBODY
    session = view.session(world.user(alias), browser)
    if session is None:
        return f"{alias} never had a session there"
    ended = view.session_ended(session)
    return {"ended": ended.code} if ended else "active"


def _users(world: World, step: Step) -> Plain:
    organisation = step.fields.get("organisation") or world.organisation_of(step.actor)
    if organisation is None:
        message = "organisation: say of which"
        raise UnanswerableError(message)
    return [world.alias(user.id) for user in world.view().users(organisation)]


def _user(world: World, step: Step) -> Plain:
    view, identity = world.view(), world.user(step.fields["user"])
    user = view.user(identity)
    if user is None:
        return "no such user"
    return {
        "state": user.state.value,
        "administrator": view.is_administrator(identity),
        "management": sorted(view.management(identity)),
        "must-change-password": view.must_change_password(identity),
        "created-by": _actor(world, user.created_by),
        "organisation": str(user.organisation),
    }


def _actor(world: World, label: str) -> str:
    word = label.partition(":")[0]
    return word if word in ACTORS else world.alias(label)


def _rights(world: World, step: Step) -> Plain:
    held = world.view().rights(
        world.user(step.fields["user"]), step.fields["application"], account=_account(world, step)
    )
    return {
        "rights": sorted(held.rights),
        "resources": {kind: sorted(values) for kind, values in held.resources.items()},
    }


def _who_can(world: World, step: Step) -> Plain:
    fields, view = step.fields, world.view()
    name = fields.get("account", "")
    if name or world.shell.portal.accounts:
        accounts = [world.account(name, None)]
    else:
        accounts = [account_id(organisation) for organisation in world.organisations()]
    application, right, resources = fields["application"], fields["right"], fields.get("resources") or {}
    found = (view.who_can(application, right, account=account, resources=resources) for account in accounts)
    return [world.alias(user) for user in dict.fromkeys(chain.from_iterable(found))]


def _choices(world: World, step: Step) -> Plain:
    found = _answered(
        world.view().choices(
            world.user(step.actor),
            world.user(step.fields["user"]),
            step.fields["application"],
            account=_account(world, step),
        )
    )
    return {"offered": list(found.offered), "greyed": list(found.greyed)}


def _applications(world: World, step: Step) -> Plain:
    found = _answered(
        world.view().applications(
            world.user(step.actor), world.user(step.fields["user"]), account=_account(world, step)
        )
    )
    return "select" if found is None else {"offered": list(found.offered), "has-rights": list(found.has_rights)}


def _profiles(world: World, step: Step) -> Plain:
    found = _answered(world.view().profiles(step.fields["application"], step.fields["rights"]))
    return {
        "fits": list(found.fits),
        "missing": {profile: list(rights) for profile, rights in found.missing.items()},
        "forbidden": {profile: list(rights) for profile, rights in found.forbidden.items()},
    }


def _candidates(world: World, step: Step) -> Plain:
    return [str(each.id) for each in world.view().candidates(step.fields["email"])]


def _link(world: World, step: Step) -> Plain:
    found = _answered(world.view().link(world.secret(step.fields["token"])))
    return {"email": found.email, "name": found.name}


def _mailed(world: World, step: Step) -> Plain:
    mails = world.mails(step.fields["to"])
    return {"number": len(mails), "template": mails[-1].template if mails else ""}


def _recorded(world: World, step: Step) -> Plain:
    names = world.names(step.fields["about"])
    return [_forms(each.event) for each in world.store.records() if each.event.about in names]


def _forms(event: Event) -> list[Plain]:
    """Return every form in which a scenario can name an event: refusals also by their codes."""
    codes = event.codes if isinstance(event, CommandRefused | SignInFailed) else ()
    return [event.name, *({"refused": code} for code in codes)]


def _account(world: World, step: Step) -> str | None:
    """Return the account of a question about a user: his own organisation's, or the only one so called."""
    name = step.fields.get("account", "")
    if not name:
        return None
    return world.account(name, world.organisation_of(step.fields["user"]))


_QUESTIONS: Final[Mapping[str, Callable[[World, Step], Plain]]] = MappingProxyType(
    {
        "can": _can,
        "sees": _sees,
        "signed-in": _signed_in,
        "users": _users,
        "user": _user,
        "rights": _rights,
        "who-can": _who_can,
        "choices": _choices,
        "applications": _applications,
        "profiles": _profiles,
        "candidates": _candidates,
        "link": _link,
        "mailed": _mailed,
        "recorded": _recorded,
    }
)

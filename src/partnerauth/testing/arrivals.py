"""How the first people come in, by the portal's own commands, so that a history starts with somebody who can act."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from pydantic import SecretStr

from partnerauth.entities import Actor, Member, Operator, OrganisationId, System, UserId, Visitor
from partnerauth.flow import Command
from partnerauth.flows import FLOWS
from partnerauth.testing import strategies
from partnerauth.testing.history import Turn
from partnerauth.testing.scene import NAMES, Scene, address, parts, password


class Stage(Protocol):
    """Where commands are given."""

    @property
    def scene(self) -> Scene:
        """What can be done at the moment."""

    def give(self, actor: Actor, command: Command) -> Turn:
        """Give a command."""


def first_people(stage: Stage, data: DataObject) -> None:
    """Let people into every organisation that is open, in the way of the portal, and let these bring colleagues."""
    for organisation in stage.scene.state.organisations:
        for offered, way in _WAYS:
            if offered <= set(stage.scene.portal.offers):
                way(stage, data, organisation.id)
    if "create-user" in stage.scene.portal.offers:
        for administrator in stage.scene.state.users:
            _by_creation(stage, data, administrator.id)


def _command(word: str, **fields: object) -> Command:
    """Return a command, given the names of its fields as portal files write them."""
    command: Command = FLOWS[word].command.model_validate(fields)
    return command


def _by_request(stage: Stage, data: DataObject, organisation: OrganisationId) -> None:
    """Somebody asks for applications, the operator grants them, and he sets his password (BP-01)."""
    name = NAMES[0]
    there = [each for each in stage.scene.state.accounts if each.organisation == organisation]
    wanted = sorted((each.id.partition("/")[2], code) for each in there for code in each.applications)
    details = {"email": address(name, organisation), "username": f"{name}-{organisation}"}
    asked = None
    for account, application in data.draw(st.just(wanted) | parts(wanted, least=1)):
        fields = {"organisation": organisation, "account": account, "application": application, "details": details}
        asked = stage.give(Visitor(), _command("request-access", **fields)).created or asked
    if asked:
        stage.give(Operator(), _command("grant-access", user=asked))
        _set_password(stage, "reset-password")


def _by_creation(stage: Stage, data: DataObject, administrator: UserId) -> None:
    """An administrator creates a colleague or two; most of them choose a password of their own (BP-07, BP-13)."""
    for _ in range(data.draw(st.integers(1, 2), label="colleagues")):
        created = stage.give(
            *data.draw(strategies.commands(stage.scene, "create-user", Member(user=administrator)))
        ).created
        if created and data.draw(st.sampled_from([True, True, True, True, False])):
            current = stage.scene.passwords[created]
            stage.give(Member(user=created), _command("change-password", current=current, password=_password(stage)))


def _by_invitation(stage: Stage, data: DataObject, organisation: OrganisationId) -> None:
    """The operator invites one or two, who accept (KP-01, KP-07)."""
    for name in data.draw(parts(NAMES[:3], least=1, most=2), label="invited"):
        stage.give(Operator(), _command("invite", organisation=organisation, email=address(name, organisation)))
        _set_password(stage, "accept-invitation", details={"title": "ms", "first-name": name, "last-name": "Accepted"})


def _by_registration(stage: Stage, _: DataObject, organisation: OrganisationId) -> None:
    """Somebody proves an address and creates an organisation, and a second one asks to join it (DP-01 to DP-04)."""
    home = f"{organisation}-created"
    for name, word in ((NAMES[0], "create-organisation"), (NAMES[1], "join-organisation")):
        email = address(name, home)
        stage.give(Visitor(), _command("register", email=email))
        stage.give(Visitor(), _command("verify-email", email=email, code=stage.scene.links[-1].text))
        details = {"first-name": name, "last-name": "Registered", "phone": "1"}
        company = {"name": home, "town": "Ghent"} if word == "create-organisation" else {}
        _set_password(stage, word, email=email, organisation=home, details=details, **company)


def _by_feed(stage: Stage, data: DataObject, organisation: OrganisationId) -> None:
    """The feed names one or two more, who set their passwords (ED-01, ED-02)."""
    state = stage.scene.state
    there = [{"email": each.email.key, "organisation": each.organisation} for each in state.users]
    names = data.draw(parts(NAMES[:3], least=1, most=2), label="on the feed")
    new = [{"email": address(name, organisation), "organisation": organisation} for name in names]
    stage.give(System(), _command("import-allow-list", entries=[*there, *new], sequence=len(there) + 1))
    _reset(stage, (each["email"] for each in new))


def _by_mail(stage: Stage, data: DataObject, organisation: OrganisationId) -> None:
    """One or two send a request by mail, and prove their mailboxes (SP-01, SP-02)."""
    emails = [address(name, organisation) for name in data.draw(parts(NAMES[:3], most=2))]
    for email in emails:
        stage.give(System(), _command("receive-request", sender=email))
    _reset(stage, emails)


def _reset(stage: Stage, emails: Iterable[str]) -> None:
    for email in emails:
        stage.give(Visitor(), _command("request-reset", identifier=email))
        _set_password(stage, "reset-password")


def _set_password(stage: Stage, word: str, **fields: object) -> None:
    """Use the newest link to set a password."""
    if links := stage.scene.links:
        stage.give(Visitor(), _command(word, token=links[-1].text, password=_password(stage), **fields))


def _password(stage: Stage) -> SecretStr:
    return SecretStr(password(stage.scene.portal))


_WAYS = (
    (frozenset({"request-access", "grant-access", "reset-password"}), _by_request),
    (frozenset({"invite", "accept-invitation"}), _by_invitation),
    (frozenset({"register", "verify-email", "create-organisation", "join-organisation"}), _by_registration),
    (frozenset({"import-allow-list", "request-reset", "reset-password"}), _by_feed),
    (frozenset({"receive-request", "request-reset", "reset-password"}), _by_mail),
)
"""The commands that a portal must offer for a way in, and the way."""

"""What undoes what: a history in which things are done, undone and done again comes upon what new ones do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from partnerauth.entities import Actor
from partnerauth.flow import Command
from partnerauth.flows import FLOWS
from partnerauth.testing.history import Turn
from partnerauth.testing.scene import Scene

ByWhom: TypeAlias = tuple[Actor, Command]
"""A command, after who gives it."""

OPPOSITES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "delegate": "withdraw",
        "pass-on": "withdraw",
        "grant": "revoke",
        "copy-rights": "revoke",
        "deactivate": "reactivate",
        "reactivate": "deactivate",
        "invite": "cancel-invitation",
        "link-domain": "unlink-domain",
        "unlink-domain": "link-domain",
        "set-administrator": "set-administrator",
        "set-contract": "set-contract",
        "set-option": "set-option",
    }
)
"""Which command undoes which: it names the same, and says the opposite where it is the same one."""

SWITCHES: Final = frozenset({"active", "administrator", "enabled"})
"""The fields that say the opposite when they are turned."""

RECENT: Final = 4
"""How many of the latest commands are undone and given again."""


def again(scene: Scene, word: str) -> tuple[ByWhom, ...]:
    """Return the latest commands of this name that undo one that was accepted, or were accepted and can be undone."""
    found: list[ByWhom] = []
    for turn in scene.done:
        if OPPOSITES.get(turn.word) == word:
            found.append((turn.actor, opposite(turn)))
        if turn.word == word and word in OPPOSITES:
            found.append((turn.actor, turn.command))
    return tuple(found[-RECENT:])


def worth_undoing(done: Sequence[Turn], word: str) -> tuple[Turn, ...]:
    """Return the turns with a command of this name that others were built on, or else all of them; latest last.

    Others were built on it where they read what it changed.
    """
    named = [turn for turn in done if turn.word == word]
    others = [turn for turn in done if turn.word != word]
    built_on = [turn for turn in named if any(_reads(later, turn) for later in others if later.number > turn.number)]
    return tuple(built_on or named)


def opposite(turn: Turn) -> Command:
    """Return the command that undoes another.  Raises KeyError where none does."""
    kind = FLOWS[OPPOSITES[turn.word]].command
    named: dict[str, object] = {"user": turn.created} if turn.created else {}
    said = turn.command.model_fields_set
    for name, value in turn.command.model_dump(include=set(kind.model_fields)).items():
        # What may be left out of one can be asked for by the other: the account, in a portal without accounts.
        if name in said or kind.model_fields[name].is_required():
            named[name] = not value if name in SWITCHES and kind.word() == turn.word else value
    command: Command = kind.model_validate(named)
    return command


def _reads(later: Turn, turn: Turn) -> bool:
    changed = {key for unit in turn.units for key in unit.changes}
    return any(not changed.isdisjoint(unit.revisions) for unit in later.units)

"""What tests of a portal, and of an adapter of your own, are made of: public, for embedders.

The names below are imported when they are first used: they need Hypothesis and pytest, which the extra `testing`
brings.  docs/testing.md shows them at work.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partnerauth.testing.clockwork import FixedClock, Outbox, SeededEntropy, World, world
    from partnerauth.testing.drawn_portals import portals
    from partnerauth.testing.machine import PortalMachine, Tried, hold
    from partnerauth.testing.properties import (
        assert_casbin_agrees,
        assert_decisions_follow_the_rulebook,
        assert_everything_is_on_record,
        assert_names_are_one_persons,
        assert_no_escalation,
        assert_nothing_is_lost,
        assert_only_whoever_may_act_does,
        assert_organisations_are_apart,
        assert_secrets_stay_secret,
        assert_slices_suffice,
        assert_withdrawal_cuts,
    )
    from partnerauth.testing.scene import Scene
    from partnerauth.testing.shortening import LawBrokenError
    from partnerauth.testing.stores import StoreConformance
    from partnerauth.testing.strategies import actors, commands, organisations, questions, selections, users
    from partnerauth.testing.twins import Twins

_HOMES = {
    "FixedClock": "clockwork",
    "LawBrokenError": "shortening",
    "Outbox": "clockwork",
    "PortalMachine": "machine",
    "Scene": "scene",
    "SeededEntropy": "clockwork",
    "StoreConformance": "stores",
    "Tried": "machine",
    "Twins": "twins",
    "World": "clockwork",
    "actors": "strategies",
    "assert_casbin_agrees": "properties",
    "assert_decisions_follow_the_rulebook": "properties",
    "assert_everything_is_on_record": "properties",
    "assert_names_are_one_persons": "properties",
    "assert_no_escalation": "properties",
    "assert_nothing_is_lost": "properties",
    "assert_only_whoever_may_act_does": "properties",
    "assert_organisations_are_apart": "properties",
    "assert_secrets_stay_secret": "properties",
    "assert_slices_suffice": "properties",
    "assert_withdrawal_cuts": "properties",
    "commands": "strategies",
    "hold": "machine",
    "organisations": "strategies",
    "portals": "drawn_portals",
    "questions": "strategies",
    "selections": "strategies",
    "users": "strategies",
    "world": "clockwork",
}

__all__ = [
    "FixedClock",
    "LawBrokenError",
    "Outbox",
    "PortalMachine",
    "Scene",
    "SeededEntropy",
    "StoreConformance",
    "Tried",
    "Twins",
    "World",
    "actors",
    "assert_casbin_agrees",
    "assert_decisions_follow_the_rulebook",
    "assert_everything_is_on_record",
    "assert_names_are_one_persons",
    "assert_no_escalation",
    "assert_nothing_is_lost",
    "assert_only_whoever_may_act_does",
    "assert_organisations_are_apart",
    "assert_secrets_stay_secret",
    "assert_slices_suffice",
    "assert_withdrawal_cuts",
    "commands",
    "hold",
    "organisations",
    "portals",
    "questions",
    "selections",
    "users",
    "world",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module 'partnerauth.testing' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"partnerauth.testing.{_HOMES[name]}"), name)

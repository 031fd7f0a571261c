"""The laws as properties of a portal, by the name of what they promise: `assert_no_escalation("bpost")`.

Each tries some of the laws (`partnerauth.testing.laws` says them in full) on random histories, as `hold` does, and
raises LawBrokenError with the shortest history that breaks one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hypothesis.strategies import SearchStrategy

from partnerauth.adapters.memory import MemoryStore
from partnerauth.policy.portal import Portal
from partnerauth.ports import Store
from partnerauth.testing import laws
from partnerauth.testing.laws import QuestionLaw, TurnLaw
from partnerauth.testing.machine import COMMANDS, HISTORIES, Tried, hold


@dataclass(frozen=True, slots=True)
class Property:
    """Some laws under one name."""

    laws: tuple[str, ...]

    def __call__(
        self,
        portal: Portal | str | SearchStrategy[Portal],
        *,
        new_store: Callable[[], Store] = MemoryStore,
        histories: int = HISTORIES,
        commands: int = COMMANDS,
        seed: int | None = None,
    ) -> Tried:
        """Try the laws; arguments and errors are those of `hold`."""
        __tracebackhide__ = True
        return hold(portal, *self.laws, new_store=new_store, histories=histories, commands=commands, seed=seed)


def _property(*named: TurnLaw | QuestionLaw) -> Property:
    return Property(tuple(law.__name__ for law in named))


assert_no_escalation: Final = _property(
    laws.nobody_gives_more_than_he_holds, laws.nothing_grows, laws.selections_are_possible, laws.whoever_manages_may
)
"""Nobody gives what he does not hold, nothing comes from nowhere, and who manages users may manage those."""

assert_organisations_are_apart: Final = _property(laws.strangers_stay_as_they_are, laws.strangers_are_not_seen)
"""No command of one organisation's member changes another, or shows that it is there."""

assert_only_whoever_may_act_does: Final = _property(laws.only_whoever_may_act_does, laws.refusals_come_from_one_gate)
"""State, session and what the portal offers come before everything else, in the order of the gates."""

assert_nothing_is_lost: Final = _property(
    laws.rights_are_not_taken_away, laws.nobody_is_deleted, laws.an_administrator_remains
)
"""Nobody is deleted, rights are taken away only where the portal lets them, and an administrator remains."""

assert_withdrawal_cuts: Final = _property(laws.withdrawal_cuts)
"""What a subcontractor passed on ends with what it was passed on from, and nothing revives it."""

assert_everything_is_on_record: Final = _property(laws.everything_is_on_record, laws.refusals_change_nothing)
"""Every change is on record with who and when, and a refusal leaves a record and nothing else."""

assert_secrets_stay_secret: Final = _property(laws.secrets_stay_secret, laws.links_and_sessions_end)
"""No secret can be read anywhere; links work once and end, and so do sessions."""

assert_names_are_one_persons: Final = _property(laws.names_are_one_persons, laws.addresses_keep_their_domain)
"""Nobody has a name that looks like another's, or an address of a domain that is not his organisation's."""

assert_decisions_follow_the_rulebook: Final = _property(
    laws.decisions_follow_the_rulebook,
    laws.who_can_is_who_can,
    laws.what_is_listed_is_what_is_held,
    laws.scopes_are_what_can_be_used,
)
"""`can`, `explain`, `for_user`, `who_can`, `rights_of` and `scope` say the same, and what the rulebook says."""

assert_casbin_agrees: Final = _property(laws.compiled_rules_are_pycasbins, laws.management_is_pycasbins)
"""The compiled rules decide as pycasbin does, interpreting the same models."""

assert_slices_suffice: Final = _property(laws.slices_suffice)
"""What a command reads is all that it needs: with everything to read it decides the same."""

PROPERTIES: Final = {name: each for name, each in globals().items() if isinstance(each, Property)}
"""All properties by name; together they try every law."""

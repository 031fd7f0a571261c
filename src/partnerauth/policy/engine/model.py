"""The plug for a rights model: what is asked of it, and what it is told.  `Masks` is the one that is shipped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Protocol, TypeAlias

from partnerauth.entities import AccountId, Element, OrganisationId, UserId

Held: TypeAlias = Mapping[str, Iterable[str]]
"""What is held in an application on an account: names by kind (`right`, `product` …)."""


class RightsModel(Protocol):
    """Decides questions about the facts that it was told.

    A question is the fields of the Casbin request: user, application, right, account, and one resource of each kind
    or `-`.  Any number of threads may ask at any time; facts are told by one thread at a time.  Whoever asks about a
    user while his facts are told is answered by the old ones or the new ones, never by some of each.
    """

    @property
    def decide(self) -> Callable[..., bool]:
        """Answers `decide(user, application, right, account, product="-", billing_address="-", contract="-")`."""

    @property
    def fingerprint(self) -> str:
        """A digest of everything but the facts that answers depend on: other rules, another fingerprint."""

    def explain(  # noqa: PLR0913, PLR0917 - the fields of the Casbin request
        self,
        user: str,
        application: str,
        right: str,
        account: str,
        product: str = "-",
        billing_address: str = "-",
        contract: str = "-",
    ) -> tuple[bool, str]:
        """Return whether it is allowed, and the id of the rule row that decided."""

    def for_user(self, user: str) -> Callable[..., bool]:
        """Return `can(application, right, account, product="-", …)` for many questions about one user at once."""

    def selections(self, user: str) -> Iterator[tuple[str, str, frozenset[Element]]]:
        """Yield account, application and what a user was said to hold there, whether or not any of it counts."""

    def set_account(self, account: AccountId, *, options: Collection[str], active: Collection[str]) -> None:
        """Say which options count on an account, and which of its contracts are active.

        Where the options change, the users who hold something on the account are loaded anew.
        """

    def load_user(
        self,
        user: UserId,
        organisation: OrganisationId,
        facts: Collection[str],
        selections: Iterable[tuple[AccountId, str, Held]],
    ) -> None:
        """Say all that is so of a user: his facts (`state:active` …), what is open to him and what he holds there."""

    def drop_user(self, user: UserId) -> None:
        """Forget a user: every question about him is denied."""

"""Rules: what a selection may become, whichever command adds to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from partnerauth.decision import Reason
from partnerauth.entities import Account, Element, Organisation
from partnerauth.policy import matrix, options, rights
from partnerauth.policy.portal import Application


def may_become(  # noqa: PLR0913 - a selection is judged by all of these at once
    application: Application,
    account: Account,
    organisation: Organisation,
    *,
    held: Iterable[Element],
    added: Collection[Element],
    profile: str | None,
) -> tuple[Reason | None, ...]:
    """What is held and what is added together are possible on the account (BP-20, BP-24, BP-26, BP-28).

    The delegation limit is not among these: who gives, and what he holds, is another question.
    """
    resulting = {*held, *added}
    named = sorted(rights.resources_among(added, "contract"))
    return (
        options.enabled(application, organisation, rights.rights_among(added)),
        rights.eligible(application, account, named),
        rights.contracts_active(application, account, named, resulting),
        *matrix.valid(application, rights.rights_among(resulting), profile),
    )

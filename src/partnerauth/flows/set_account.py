"""Flow: the operator adds an account or describes it anew.

Refuses: unknown-name, other-organisation, not-offered, field-malformed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from partnerauth.decision import Accepted, Answer
from partnerauth.directory import AccountById, OrganisationById
from partnerauth.entities import Account, Contract, OrganisationId, account_id
from partnerauth.events import AccountSet
from partnerauth.flow import Command, Flow, Needs, Situation, refuse
from partnerauth.policy import forms, isolation, offers


class ContractFields(BaseModel):
    """What is said of a contract."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    active: bool = True
    kind: str = ""


class SetAccount(Command):
    """Add an account, or change what is named of one; what is left out stays as it is."""

    organisation: OrganisationId
    account: str
    name: str | None = None
    applications: tuple[str, ...] | None = None
    contracts: Mapping[str, ContractFields] | None = None
    billing_addresses: tuple[str, ...] | None = None


def needs(s: Situation[SetAccount]) -> Needs:
    """The organisation and the account, which may be new."""
    yield OrganisationById(s.command.organisation)
    yield AccountById(account_id(s.command.organisation, s.command.account))


def decide(s: Situation[SetAccount]) -> Answer:
    """Set it."""
    command = s.command
    if (
        refused := refuse(
            offers.known("application", command.applications or (), s.portal.applications),
            None if s.portal.accounts else offers.NOT_OFFERED.broken(name="set-account"),
        )
        or refuse(isolation.exists(s.directory.get(OrganisationById(command.organisation)), command.organisation))
        or refuse(
            forms.well_formed({"name": command.name or ""}),
            None if forms.identifies(command.account) else forms.FIELD_MALFORMED.broken(fields=("account",)),
        )
    ):
        return refused
    identity = account_id(command.organisation, command.account)
    before = s.directory.get(AccountById(identity)) or Account(
        id=identity,
        organisation=command.organisation,
        name=command.account,
        applications=frozenset(s.portal.applications),
    )
    contracts = before.contracts
    if command.contracts is not None:
        contracts = {name: Contract(active=each.active, kind=each.kind) for name, each in command.contracts.items()}
    addresses = command.billing_addresses
    return Accepted(
        events=(
            AccountSet(
                organisation=command.organisation,
                by=s.by,
                at=s.now,
                account=identity,
                title=before.name if command.name is None else command.name,
                applications=before.applications if command.applications is None else frozenset(command.applications),
                contracts=MappingProxyType(dict(contracts)),
                billing_addresses=before.billing_addresses if addresses is None else frozenset(addresses),
            ),
        )
    )


FLOW = Flow(command=SetAccount, needs=needs, decide=decide)

"""Flow: the operator adds a contract to an account, or activates or stops one.  Refuses: other-organisation."""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer
from partnerauth.directory import AccountById, OrganisationById
from partnerauth.entities import Contract, OrganisationId, account_id
from partnerauth.events import ContractSet
from partnerauth.flow import Command, Flow, Needs, Situation, refuse
from partnerauth.policy import isolation


class SetContract(Command):
    """Say whether a contract is active, and of which kind; a kind that is left out stays as it is."""

    organisation: OrganisationId
    account: str
    contract: str
    active: bool = True
    kind: str | None = None


def needs(s: Situation[SetContract]) -> Needs:
    """The organisation and the account."""
    yield OrganisationById(s.command.organisation)
    yield AccountById(account_id(s.command.organisation, s.command.account))


def decide(s: Situation[SetContract]) -> Answer:
    """Set it: an inactive contract is refused to everybody from the next question on (BP-26)."""
    command = s.command
    account = s.directory.get(AccountById(account_id(command.organisation, command.account)))
    if refused := refuse(isolation.own(command.organisation, account, command.account)):
        return refused
    before = account.contracts.get(command.contract, Contract()) if account else Contract()
    return Accepted(
        events=(
            ContractSet(
                organisation=command.organisation,
                by=s.by,
                at=s.now,
                account=account_id(command.organisation, command.account),
                contract=command.contract,
                active=command.active,
                kind=before.kind if command.kind is None else command.kind,
            ),
        )
    )


FLOW = Flow(command=SetContract, needs=needs, decide=decide)

"""Flow: a user submits a request, which becomes a case.

Refuses: unknown-name, not-offered, right-missing, field-required, field-malformed, already-exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccountById, CaseById, OrganisationById, SelectionOf
from partnerauth.entities import Account, AccountId, CaseId, Element, account_id
from partnerauth.events import RequestSubmitted
from partnerauth.flow import Asks, Command, DrawId, Flow, Needs, Situation, refuse
from partnerauth.policy import enrolment, forms, offers, rights

NEW_CASE = DrawId("case")


class SubmitRequest(Command):
    """Submit a request of a kind; `case` is the id that the case shall have (DP-09).

    It is drawn where none is named, and where another organisation's case has it: of that nothing is told (GX-01).
    """

    case: CaseId = CaseId("")
    kind: str
    fields: Mapping[str, str] = Field(default_factory=dict)


def needs(s: Situation[SubmitRequest]) -> Needs:
    """The account of the user's organisation, what he holds there, and whether there is such a case already."""
    yield CaseById(s.command.case)
    yield OrganisationById(s.me.organisation)
    yield AccountById(_account(s))
    if kind := s.portal.case_rules.kinds.get(s.command.kind):
        yield SelectionOf(s.me.id, _account(s), kind.application)


def asks(_: Situation[SubmitRequest]) -> Asks:
    """An id for the case."""
    yield NEW_CASE


def decide(s: Situation[SubmitRequest]) -> Answer:
    """Submit it: it takes the right of its kind, and every field that the table of the portal demands."""
    command, rules = s.command, s.portal.case_rules
    kind = rules.kinds.get(command.kind)
    if kind is None:
        return Refused((offers.UNKNOWN_NAME.broken(kind="request", names=(command.kind,)),))
    application = s.portal.applications[kind.application]
    taken = s.directory.get(CaseById(command.case))
    if refused := refuse(forms.request_known(rules, command.kind, command.fields)) or refuse(
        offers.in_country(application, s.mine, (kind.right,))
    ):
        return refused
    if refused := refuse(
        rights.held(kind.application, kind.right, _held(s, kind.application)),
        forms.request_complete(rules, command.kind, command.fields),
        forms.request_well_formed(rules, command.kind, command.fields),
        None if forms.identifies(command.case or "-") else forms.FIELD_MALFORMED.broken(fields=("id",)),
        enrolment.ALREADY_EXISTS.broken(name=command.case) if taken and taken.organisation == s.tenant else None,
    ):
        return refused
    answers = {field: value.strip() for field, value in command.fields.items() if value.strip()}
    case = command.case if command.case and not taken else CaseId(s.answers[NEW_CASE])
    event = RequestSubmitted(
        organisation=s.me.organisation,
        by=s.by,
        at=s.now,
        case=case,
        user=s.me.id,
        kind=command.kind,
        fields=MappingProxyType(answers),
        informs=answers[rules.tick] == "yes" if rules.tick in answers else None,
    )
    return Accepted(events=(event,), case=case)


def _held(s: Situation[SubmitRequest], code: str) -> frozenset[Element]:
    account: Account | None = s.directory.get(AccountById(_account(s)))
    selection = s.directory.get(SelectionOf(s.me.id, _account(s), code))
    return rights.of_account(s.portal, code, account, s.mine, selection) if account else frozenset()


def _account(s: Situation[SubmitRequest]) -> AccountId:
    return account_id(s.me.organisation)


FLOW = Flow(command=SubmitRequest, needs=needs, asks=asks, decide=decide)

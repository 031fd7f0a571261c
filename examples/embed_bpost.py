"""Embeds bpost's portal in a program: python examples/embed_bpost.py prints the mails, a refusal and a decision."""

from __future__ import annotations

import secrets

from pydantic import SecretStr

from partnerauth import Accepted, Member, Operator, PartnerAuth, Refused, Visitor
from partnerauth.adapters.console import ConsoleMailer
from partnerauth.entities import OrganisationId, UserId
from partnerauth.flow import Command
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.open_organisation import AccountFields, OpenOrganisation
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.messages import say
from partnerauth.outbox import deliver

# In memory here; a program that goes on tomorrow names a database and keeps its key:
# PartnerAuth("bpost", store="sqlite:///portal.db", key=…)
auth = PartnerAuth("bpost", key=secrets.token_bytes(32))
acme = OrganisationId("acme")


def did(actor: Operator | Visitor | Member, command: Command) -> Accepted | None:
    """Carry a command out, send what it mails, and print why where it is refused."""
    answer = auth.execute(actor, command)
    deliver(auth, ConsoleMailer())
    if isinstance(answer, Refused):
        for reason in answer.reasons:
            print(f"{command.word()} refused: {reason.code}: {say(reason, 'en')}\n")
        return None
    return answer


def created(answer: Accepted | None) -> UserId:
    """Return whom a command created."""
    assert answer
    assert answer.created
    return answer.created


# The operator opens a company; its first person asks for access, and becomes its administrator.
accounts = {"hq": AccountFields(name="Acme, Kaai 1", billing_addresses=("B1", "B2"))}
did(Operator(), OpenOrganisation(organisation=acme, name="Acme NV", accounts=accounts))
form = {"email": "anna@acme.example", "username": "anna", "first-name": "Anna", "last-name": "Maes", "language": "en"}
anna = created(
    did(Visitor(), RequestAccess(organisation=acme, application="invoice-reporter", account="hq", details=form))
)
did(Operator(), GrantAccess(user=anna))

# She follows the link.  Your page takes the secret from it; here it is asked of the library.
link = auth.secret(auth.store.outbox(to="anna@acme.example")[-1].mail.token)
password = SecretStr("Winter-Tram-61")
did(Visitor(), ResetPassword(token=SecretStr(link), password=password))
signed_in = did(Visitor(), SignIn(identifier="anna", password=password, browser="anna-laptop", source="192.0.2.7"))
assert signed_in
session = Member(session=signed_in.session)  # the secret of her session, for her browser's cookie

# She creates a colleague and gives him what she has, and nothing that she has not.
form = {"email": "ben@acme.example", "username": "ben", "first-name": "Ben", "last-name": "Peeters", "language": "en"}
ben = created(did(session, CreateUser(details={**form, "gender": "man"})))
invoices = {"application": "invoice-reporter", "account": "hq", "rights": ("view-invoices",)}
did(session, Grant.model_validate({**invoices, "user": ben, "resources": {"billing-address": ["B1", "B3"]}}))
did(session, Grant.model_validate({**invoices, "user": ben, "resources": {"billing-address": ["B1"]}}))

# Your application asks; a denial says why.  Ben has to choose his own password first.
decision = auth.view().explain(
    ben, "invoice-reporter", "view-invoices", account="hq", resources={"billing-address": "B1"}
)
print("may ben see the invoices of B1?", "yes" if decision else f"no: {decision.reason and say(decision.reason, 'en')}")

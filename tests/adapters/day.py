"""A day at bpost: every command of the portal, one after the other, as people give them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pydantic import SecretStr

from partnerauth.decision import Accepted
from partnerauth.entities import AccountId, Actor, Member, Operator, OrganisationId, UserId, Visitor
from partnerauth.flow import Command
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.copy_rights import CopyRights
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.delete import Delete
from partnerauth.flows.end_sessions import EndSessions
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.open_organisation import AccountFields, ContractFields, OpenOrganisation
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.refuse_access import RefuseAccess
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.set_account import SetAccount
from partnerauth.flows.set_contract import SetContract
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.flows.withdraw import Withdraw
from partnerauth.testing.clockwork import World

ACME, PRINT = OrganisationId("acme"), OrganisationId("print")
POST, HQ = "emasspost", "hq"
FIRST, SECOND, THIRD, TEMPORARY = (SecretStr(f"{word}-Tram-61") for word in ("Winter", "Zomer", "Herfst", "Lente"))
OPERATOR, VISITOR = Operator(), Visitor()
PERSON = {"gender": "woman", "first-name": "Jo", "last-name": "Peeters"}


class Day:
    """What happens in a day; `told` hears of each command once it is through, with what it was answered."""

    def __init__(self, portal: World, told: Callable[[Command], object] = lambda _: None) -> None:
        self.portal = portal
        self.told = told
        self.secrets = [password.get_secret_value() for password in (FIRST, SECOND, THIRD, TEMPORARY)]

    def give(self, actor: Actor, command: Command) -> Accepted:
        answer = self.portal.execute(actor, command)
        assert isinstance(answer, Accepted), answer
        self.told(command)
        if answer.session:
            self.secrets.append(answer.session)
        return answer

    def refuse(self, actor: Actor, command: Command) -> None:
        assert not isinstance(self.portal.execute(actor, command), Accepted)
        self.told(command)

    def mailed(self) -> SecretStr:
        """The secret that the newest mail shows."""
        secret = self.portal.secret(self.portal.store.outbox()[-1].mail.token)
        self.secrets.append(secret)
        return SecretStr(secret)

    def open(self) -> None:
        """The operator opens two companies."""
        fields = AccountFields(name="Headquarters", contracts={"C1": ContractFields()}, billing_addresses=("B1", "B2"))
        for organisation in (ACME, PRINT):
            self.give(
                OPERATOR,
                OpenOrganisation(
                    organisation=organisation,
                    name=f"The {organisation}",
                    subcontractor=organisation == PRINT,
                    accounts={HQ: fields},
                ),
            )

    def administrator(self, organisation: OrganisationId) -> Member:
        """Somebody asks for access, is granted it, sets a password and signs in."""
        name = f"chief-{organisation}"
        asked = RequestAccess(
            organisation=organisation,
            application=POST,
            account=HQ,
            details={"email": f"{name}@{organisation}.example", "username": name},
        )
        user = self.give(VISITOR, asked).created
        assert user
        self.give(OPERATOR, GrantAccess(user=user))
        self.give(VISITOR, ResetPassword(token=self.mailed(), password=FIRST, browser=name))
        session = self.give(VISITOR, SignIn(identifier=name, password=FIRST, browser=name)).session
        return Member(session=session)

    def colleague(self, chief: Member, organisation: OrganisationId, name: str) -> UserId:
        """An administrator creates a user, who changes the temporary password."""
        details = {**PERSON, "email": f"{name}@{organisation}.example", "username": name}
        user = self.give(chief, CreateUser(details=details, management=frozenset({"reset-password"}))).created
        assert user
        temporary = self.mailed()
        session = self.give(VISITOR, SignIn(identifier=name, password=temporary, browser=name)).session
        self.give(Member(session=session), ChangePassword(current=temporary, password=SECOND, confirm=SECOND))
        return user

    def play(self) -> None:
        """Open the portal and give every command."""
        self.open()
        self.day()

    def day(self) -> None:
        """Give every command but the first."""
        self._operator()
        chief, other = self.administrator(ACME), self.administrator(PRINT)
        ben, pia = self.colleague(chief, ACME, "ben"), self.colleague(other, PRINT, "pia")
        self._rights(chief, ben)
        self._subcontractor(chief, other, pia)
        self._ben_himself(chief, ben)
        self._leaving(chief, ben)

    def _operator(self) -> None:
        self.give(OPERATOR, SetAccount(organisation=ACME, account="depot", name="Depot", billing_addresses=("B9",)))
        self.give(OPERATOR, SetContract(organisation=ACME, account=HQ, contract="C2", active=True))
        self.give(OPERATOR, SetOption(organisation=ACME, option="ftp", enabled=True))
        details = {"email": "mallory@acme.example", "username": "mallory"}
        asked = RequestAccess(organisation=ACME, application=POST, account=HQ, details=details)
        user = self.give(VISITOR, asked).created
        assert user
        self.give(OPERATOR, RefuseAccess(user=user))

    def _rights(self, chief: Member, ben: UserId) -> None:
        selected = {"product": ("letter",), "billing-address": ("B1",)}
        self.give(chief, Grant(user=ben, application=POST, account=HQ, rights=("creation",), resources=selected))
        self.give(chief, CopyRights(user=ben, application=POST, account=HQ))
        self.give(OPERATOR, Revoke(user=ben, application=POST, account=HQ, rights=("confirmation",)))
        self.refuse(chief, Revoke(user=ben, application=POST, account=HQ, rights=("creation",)))
        self.give(chief, SetManagement(user=ben, management=frozenset({"manage-users", "reset-password"})))

    def _subcontractor(self, chief: Member, other: Member, pia: UserId) -> None:
        selected = {"product": ("letter", "prior"), "billing-address": ("B1",)}
        given = Delegate(organisation=PRINT, application=POST, account=HQ, rights=("creation",), resources=selected)
        self.give(chief, given)
        customer = AccountId("acme/hq")
        letter = {"product": ("letter",)}
        self.give(other, PassOn(user=pia, application=POST, account=customer, rights=("creation",), resources=letter))
        self.give(other, Withdraw(user=pia, application=POST, account=customer, resources=letter))
        self.give(chief, Withdraw(organisation=PRINT, application=POST, account=HQ, resources={"product": ("prior",)}))

    def _ben_himself(self, chief: Member, ben: UserId) -> None:
        self.refuse(VISITOR, SignIn(identifier="ben", password=THIRD, browser="ben"))
        self.give(VISITOR, RequestReset(identifier="ben"))
        session = self.give(VISITOR, ResetPassword(token=self.mailed(), password=THIRD, browser="ben"))
        session = self.give(VISITOR, SignIn(identifier="ben@acme.example", password=THIRD, browser="ben"))
        me = Member(session=session.session)
        self.give(me, EndSessions())
        self.give(me, UpdateDetails(details={"phone": "+32 2 000 00 00"}))
        self.give(me, ChangeEmail(email="ben.peeters@acme.example"))
        self.give(VISITOR, ConfirmEmail(token=self.mailed()))
        self.give(chief, SetTemporaryPassword(user=ben, password=TEMPORARY))
        session = self.give(VISITOR, SignIn(identifier="ben", password=TEMPORARY, browser="ben"))
        self.give(Member(session=session.session), SignOut(browser="ben"))

    def _leaving(self, chief: Member, ben: UserId) -> None:
        self.give(chief, Deactivate(user=ben))
        self.refuse(chief, Delete(user=ben))
        self.portal.clock.advance(timedelta(minutes=5))
        self.give(chief, Reactivate(user=ben))

"""Takes customers on in one transaction with the embedder's own tables: python examples/own_transaction.py."""

from __future__ import annotations

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import Field, Session, SQLModel, create_engine, select

from partnerauth import Operator, PartnerAuth, Refused
from partnerauth.adapters.sql import SqlStore
from partnerauth.entities import OrganisationId
from partnerauth.flows.open_organisation import AccountFields, OpenOrganisation


class Customer(SQLModel, table=True):
    """A table of your own, beside the library's."""

    number: int = Field(primary_key=True)
    organisation: str
    discount: int


class NotTakenOnError(Exception):
    """Leaves the block, so that SQLAlchemy rolls the transaction back."""


folder = TemporaryDirectory()
engine = create_engine(f"sqlite:///{Path(folder.name) / 'shop.db'}")  # or postgresql+psycopg://user@host/shop
auth = PartnerAuth("bpost", SqlStore(engine), key=secrets.token_bytes(32))
SQLModel.metadata.create_all(engine)


def take_on(number: int, organisation: str, discount: int) -> None:
    """Store a customer in both places, or in neither."""
    command = OpenOrganisation(
        organisation=OrganisationId(organisation), name=organisation.title(), accounts={"hq": AccountFields(name="HQ")}
    )
    with Session(engine) as session, session.begin():
        session.add(Customer(number=number, organisation=organisation, discount=discount))
        here = auth.using(session)
        answer = here.execute(Operator(), command)
        if isinstance(answer, Refused):
            raise NotTakenOnError(*answer.codes)
        # What the transaction has done it sees; everybody else sees it once the block has ended.
        assert here.view().users(organisation) == ()


take_on(1, "acme", 5)
try:
    take_on(2, "acme", 10)
except NotTakenOnError as refused:
    print("customer 2 was not taken on:", refused)
take_on(3, "bolt", 0)

with Session(engine) as session:
    print("customers:", ", ".join(f"{each.number} {each.organisation}" for each in session.exec(select(Customer))))
opened = [each.event.organisation for each in auth.store.records() if each.event.name == "OrganisationOpened"]
print("opened:", ", ".join(opened))
print("refusals on record:", sum(each.event.name == "CommandRefused" for each in auth.store.records()))
engine.dispose()
folder.cleanup()

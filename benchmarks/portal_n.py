"""portal-N: the workload that decisions are measured on.  The same numbers on every machine.

N elements, an element being one right or one resource of a selection: about 30 a user, in two to four selections
(application on account); 20 users and 2 accounts an organisation; 6 applications with 5 to 25 rights; 10 resources
an account, half of them contracts, half billing addresses; 5 % of the users deactivated; one user in three holds
the same as a colleague.

10,000 questions (user, account, application, right, resource): half of them allowed; the denied ones in equal parts
because the right is not held, the resource is not held, the account is another organisation's, the user is
deactivated.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SEED = 7
APPLICATIONS = 6
Question = tuple[str, str, str, str, str]
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Workload:
    """Users with their organisation and whether they are active, selections, and questions with their answers."""

    users: dict[str, tuple[str, bool]]
    selections: dict[Place, tuple[frozenset[str], frozenset[str]]]
    questions: list[tuple[Question, bool]]

    @property
    def elements(self) -> int:
        """How many rights and resources are held."""
        return sum(len(rights) + len(resources) for rights, resources in self.selections.values())


def catalogue() -> dict[str, list[str]]:
    """Return the applications and their rights."""
    chance = random.Random(f"{SEED}-catalogue")
    return {f"app{number}": [f"right{j}" for j in range(chance.randint(5, 25))] for number in range(APPLICATIONS)}


def resources_of(account: str) -> list[str]:
    """Return the resources of an account: contracts, then billing addresses."""
    return [f"{account}/c{number}" for number in range(5)] + [f"{account}/b{number}" for number in range(5)]


def kind_of(resource: str) -> str:
    """Return the kind of a resource."""
    return "contract" if resource.rpartition("/")[2].startswith("c") else "billing-address"


def workload(elements: int, questions: int = 10_000) -> Workload:
    """Return the workload of so many elements."""
    chance = random.Random(f"{SEED}-{elements}")
    rights_of = catalogue()
    users: dict[str, tuple[str, bool]] = {}
    held: dict[Place, tuple[frozenset[str], frozenset[str]]] = {}
    last: list[Place] = []
    count = 0
    while count < elements:
        number = len(users)
        organisation, user = f"o{number // 20}", f"u{number}"
        users[user] = (organisation, number % 20 != 13)
        if number % 3 == 2 and number % 20:
            picked = {(user, account, app): held[who, account, app] for who, account, app in last}
        else:
            picked = _drawn(chance, user, organisation, rights_of)
        held |= picked
        last = list(picked)
        count += sum(len(rights) + len(resources) for rights, resources in picked.values())
    return Workload(users, held, _asked(chance, users, held, rights_of, questions))


def _drawn(
    chance: random.Random, user: str, organisation: str, rights_of: dict[str, list[str]]
) -> dict[Place, tuple[frozenset[str], frozenset[str]]]:
    picked = {}
    pairs = [(f"{organisation}/a{number}", app) for number in range(2) for app in rights_of]
    for account, app in chance.sample(pairs, chance.randint(2, 4)):
        rights = chance.sample(rights_of[app], min(len(rights_of[app]), chance.randint(4, 9)))
        resources = chance.sample(resources_of(account), chance.randint(3, 6))
        picked[user, account, app] = (frozenset(rights), frozenset(resources))
    return picked


def _asked(
    chance: random.Random,
    users: dict[str, tuple[str, bool]],
    held: dict[Place, tuple[frozenset[str], frozenset[str]]],
    rights_of: dict[str, list[str]],
    questions: int,
) -> list[tuple[Question, bool]]:
    live = [place for place in held if users[place[0]][1]]
    dead = [place for place in held if not users[place[0]][1]] or live
    organisations = (len(users) + 19) // 20
    asked: list[tuple[Question, bool]] = []
    while len(asked) < questions:
        part = len(asked) % 8
        user, account, app = chance.choice(dead if part == 7 else live)
        rights, resources = held[user, account, app]
        right, resource = chance.choice(sorted(rights)), chance.choice(sorted(resources))
        if part == 4:
            right = chance.choice(rights_of[app])
        elif part == 5:
            resource = chance.choice(resources_of(account))
        elif part == 6:
            account = f"o{chance.randrange(organisations)}/a{chance.randrange(2)}"
        there = held.get((user, account, app), (frozenset(), frozenset()))
        allowed = users[user][1] and right in there[0] and resource in there[1]
        if allowed is (part < 4):
            asked.append(((user, account, app, right, resource), allowed))
        elif part == 7 and dead is live:
            message = f"{len(users)} users are too few for a deactivated one"
            raise ValueError(message)
    chance.shuffle(asked)
    return asked

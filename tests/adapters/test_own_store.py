"""A store that somebody else wrote is run against the conformance in three lines, as `docs/stores.md` says."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from examples.journal_store import JournalStore
from tests.adapters.crashing import everything
from tests.adapters.story import COMMANDS, Remembering, Story

from partnerauth.embed import PartnerAuth
from partnerauth.ports import Store, StoreError
from partnerauth.testing.clockwork import KEY
from partnerauth.testing.stores import StoreConformance


class TestOurStore(StoreConformance):
    def new_store(self) -> Store:
        return JournalStore(self.folder / "journal")


def played(store: Store, commands: int) -> list[str]:
    story = Story(store)
    story.prologue()
    return [story.give(number) for number in range(commands)]


def test_what_is_stored_is_there_when_the_store_is_opened_again(tmp_path: Path) -> None:
    memory = Remembering()
    with closing(JournalStore(tmp_path / "journal")) as store:
        assert played(store, len(COMMANDS)) == played(memory, len(COMMANDS))
        heads = store.examine(lambda heads, _: heads)
    with closing(JournalStore(tmp_path / "journal")) as again:
        assert everything(again, memory) == everything(memory, memory)
        assert again.examine(lambda heads, _: heads) == heads


def test_half_an_entry_at_the_end_was_never_stored(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with closing(JournalStore(file)) as store:
        played(store, 1)
        whole = file.stat().st_size
        Story(store).give(1)
    with file.open("r+b") as journal:
        journal.truncate(file.stat().st_size - 7)
    with closing(JournalStore(file)) as store:
        assert file.stat().st_size == whole
        assert Story(store).give(1) == "RightsGranted"


def test_another_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear reader,")
    with pytest.raises(StoreError, match="it is no journal of this version; name another file"):
        JournalStore(tmp_path / "letter")


def test_partnerauth_takes_it(tmp_path: Path) -> None:
    with closing(JournalStore(tmp_path / "journal")) as store:
        assert PartnerAuth("bpost", store, key=KEY).view().users("acme") == ()
        with pytest.raises(ValueError, match="a store that outlives the process needs a server secret"):
            PartnerAuth("bpost", store)

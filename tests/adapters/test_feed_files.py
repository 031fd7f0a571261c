"""A feed from a file: read strictly, in bounded memory, and only once it is proved whose it is."""

from __future__ import annotations

import os
import re
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerauth.adapters import feed_files
from partnerauth.adapters.feed_files import FeedFileError, Form, Signature, read_feed, sign
from partnerauth.flows.import_allow_list import AllowListEntry

HEADER = b"email,organisation,name\n"
ANN = b"ann@north.example,north,Ann Maes\n"
KEY = b"k" * 32


def written(folder: Path, content: bytes, name: str = "feed.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def entries(folder: Path, content: bytes, name: str = "feed.csv") -> list[tuple[str, str, str]]:
    found = read_feed(written(folder, content, name), sequence=1).entries
    return [(each.email, each.organisation, each.name) for each in found]


def problems(folder: Path, content: bytes, name: str = "feed.csv") -> tuple[str, ...]:
    with pytest.raises(FeedFileError) as raised:
        read_feed(written(folder, content, name), sequence=1)
    return tuple(each.replace(f"{folder}/", "") for each in raised.value.problems)


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize(
    "content",
    [
        HEADER + ANN,
        b"name;Email;organisation\nAnn Maes;ann@north.example;north\n",
        b'email,organisation,name\n"ann@north.example","north","Ann Maes"\n',
        b"\xef\xbb\xbf" + HEADER + ANN,
        (HEADER + ANN).replace(b"\n", b"\r\n"),
        HEADER + ANN.replace(b"\n", b"\r\n"),
    ],
)
def test_fd_07_a_mark_at_the_beginning_and_either_line_end_are_read(tmp_path: Path, content: bytes) -> None:
    assert entries(tmp_path, content) == [("ann@north.example", "north", "Ann Maes")]


@pytest.mark.rule("ED-01")
def test_json_lines_are_read_with_every_letter_however_it_is_written(tmp_path: Path) -> None:
    content = '{"email": "zoë@north.example", "organisation": "north", "name": "Zo\\u00eb"}\n'.encode()
    assert entries(tmp_path, content, "feed.jsonl") == [("zoë@north.example", "north", "Zoë")]
    assert entries(tmp_path, b'{"organisation": "north", "email": "a@b.example"}\r\n', "f.NDJSON") == [
        ("a@b.example", "north", "")
    ]


@pytest.mark.rule("ED-01")
def test_a_file_may_be_said_to_be_what_its_name_does_not_say(tmp_path: Path) -> None:
    path = written(tmp_path, b"email,organisation\na@b.example,b\n", "feed.txt")
    with pytest.raises(FeedFileError, match="neither"):
        read_feed(path, sequence=1)
    assert read_feed(path, sequence=1, form="csv").entries == (AllowListEntry("a@b.example", "b"),)  # type: ignore[arg-type]


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (HEADER + "zoë@north.example,north,Zoë\n".encode("latin-1"), 2, "byte 3 is not UTF-8"),
        (HEADER + ANN + b"b\0b@north.example,north,\n", 3, "a NUL character"),
        ((HEADER + ANN).decode().encode("utf-16"), 1, "a NUL character"),
        (HEADER + ANN[:-1], 2, "the file ends in the middle of a line"),
        (HEADER + ANN[:20], 2, "the file ends in the middle of a line"),
        (HEADER + b"\n" + ANN, 2, "an empty line"),
        (HEADER + b"  \r\n" + ANN, 2, "an empty line"),
        (HEADER + b"x" * 5000 + b"\n", 2, "longer than 4096 bytes"),
        (HEADER + b"ann@north.example,north\n", 2, "2 columns, and the first line names 3"),
        (HEADER + b"ann@north.example,north,Maes,Ann\n", 2, "4 columns"),
        (HEADER + b'ann@north.example,north,"Ann\nMaes"\n', 2, "not CSV"),
        (HEADER + b'ann@north.example,north,"Ann" Maes\n', 2, "not CSV"),
        (HEADER + b"ann@north.example,north,Ann\rMaes\n", 2, "not CSV"),
        (b"email,organisation,rights\n" + ANN, 1, "the first line names the columns"),
        (b"email,email,organisation\n" + ANN, 1, "the first line names the columns"),
        (b"email,name\n" + ANN, 1, "the first line names the columns"),
        (ANN, 1, "the first line names the columns"),
    ],
)
def test_fd_07_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: bytes, line: int, says: str) -> None:
    first, *_ = problems(tmp_path, content)
    assert re.match(rf"feed\.csv, line {line}: {re.escape(says)}.*: .+", first), first


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize(
    "line",
    [
        b"[1]",
        b"{",
        b"nonsense",
        b'{"email": 1, "organisation": "north"}',
        b'{"email": "a@b.example", "organisation": null}',
        b'{"email": "a@b.example"}',
        b'{"email": "a@b.example", "email": "c@d.example", "organisation": "north"}',
        b'{"email": "a@b.example", "organisation": "north", "administrator": "yes"}',
        b'{"email": NaN, "organisation": "north"}',
        b"[" * 4000,
        b'{"email": {"a": ' * 200,
    ],
)
def test_fd_04_ds_02_ds_11_a_json_line_is_an_object_of_texts_and_no_other(tmp_path: Path, line: bytes) -> None:
    (problem,) = problems(tmp_path, line + b"\n", "feed.jsonl")
    assert problem.startswith("feed.jsonl, line 1: ")


@pytest.mark.rule("ED-01")
def test_every_problem_is_named_up_to_twenty(tmp_path: Path) -> None:
    assert len(problems(tmp_path, HEADER + b"ann@north.example\n" * 3)) == 3
    assert len(problems(tmp_path, HEADER + b"ann@north.example\n" * 30)) == 20


@pytest.mark.rule("ED-01")
def test_fd_01_an_empty_file_is_no_feed(tmp_path: Path) -> None:
    assert problems(tmp_path, b"") == ("feed.csv: empty: a feed that nobody is on is not used; send the whole list",)
    assert entries(tmp_path, HEADER) == []


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@given(content=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_fd_07_whatever_a_file_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, form: Form, content: bytes
) -> None:
    path = written(tmp_path_factory.getbasetemp(), content)
    with suppress(FeedFileError):
        read_feed(path, sequence=1, form=form)


@pytest.mark.rule("ED-01")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("pipe.csv", "nothing.csv", "folder.csv"):
        (tmp_path / "folder.csv").mkdir(exist_ok=True)
        with pytest.raises(FeedFileError, match=name):
            read_feed(tmp_path / name, sequence=1)


@pytest.mark.rule("ED-01")
def test_fd_08_a_signed_feed_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ANN)
    for shape in ("{}", "sha256={}\n", "  {}\r\n"):
        text = shape.format(sign(HEADER + ANN, sequence=7, key=KEY))
        assert len(read_feed(path, sequence=7, signature=Signature(KEY, text)).entries) == 1
    assert sign(b"", sequence=7, key=KEY) == "c22a2115e3b2cd3e23416e412897aacd4ea505aa6d8e4b77c9e41bf417fc977e"


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize(
    ("content", "sequence", "key"),
    [
        (HEADER + ANN.replace(b"north", b"south"), 7, KEY),
        (HEADER, 7, KEY),
        (HEADER + ANN, 8, KEY),
        (HEADER + ANN, 7, b"x" * 32),
    ],
)
def test_fd_08_fd_02_a_forged_feed_or_an_old_one_under_a_new_number_is_refused_before_it_is_read(
    tmp_path: Path, content: bytes, sequence: int, key: bytes
) -> None:
    text = sign(HEADER + ANN, sequence=7, key=KEY)
    path = written(tmp_path, content + b"\xff broken")
    with pytest.raises(FeedFileError, match="the signature is not that of this file"):
        read_feed(path, sequence=sequence, signature=Signature(key, text))


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize("text", ["", "nonsense", "\u20ac", "0" * 64, "\ud800"])
def test_fd_08_a_signature_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, HEADER + ANN)
    with pytest.raises(FeedFileError, match="signature"):
        read_feed(path, sequence=7, signature=Signature(KEY, text))
    with pytest.raises(FeedFileError, match="31 bytes: take at least 32"):
        read_feed(path, sequence=7, signature=Signature(KEY[1:], text))


@pytest.mark.rule("ED-01")
def test_fd_08_a_file_that_changes_while_it_is_read_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, HEADER + ANN)
    checked = feed_files._checked  # noqa: SLF001 - between its two passes

    def changing(*given: object) -> bytes:
        digest = checked(*given)  # type: ignore[arg-type]
        path.write_bytes(HEADER + ANN.replace(b"north", b"south"))
        return digest

    monkeypatch.setattr(feed_files, "_checked", changing)
    with pytest.raises(FeedFileError, match="it changed while it was read"):
        read_feed(path, sequence=7, signature=Signature(KEY, sign(HEADER + ANN, sequence=7, key=KEY)))


@pytest.mark.rule("ED-01")
def test_fd_07_a_gigabyte_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    with path.open("wb") as file:
        file.truncate(10**9)
    tracemalloc.start()
    with pytest.raises(FeedFileError, match="1000000000 bytes, and a feed has 500000000 at the most"):
        read_feed(path, sequence=1)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.rule("ED-01")
def test_fd_07_one_endless_line_and_too_many_lines_take_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = written(tmp_path, HEADER + b"x" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(FeedFileError, match="line 2: longer than 4096 bytes"):
        read_feed(endless, sequence=1)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()
    monkeypatch.setattr(feed_files, "MOST_LINES", 3)
    assert problems(tmp_path, HEADER + ANN * 5)[0].startswith("feed.csv, line 4: more than 3 lines")

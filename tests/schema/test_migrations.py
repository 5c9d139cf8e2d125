"""Migrations bring an empty database to the declared tables, on both databases, once or twice or cut short."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.ddl.impl import DefaultImpl
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from handrail.adapters.sealing_fernet import FernetSealer
from handrail.features.mails.service import Text, opened
from handrail.kernel.secrets import fingerprint
from handrail.ports.sealer import Broken, Keyless, Sealer
from handrail.schema import migrate, queue
from handrail.schema.tables import metadata
from tests.conftest import DATABASES


class Store:
    """An empty database, and a way to look into it."""

    def __init__(
        self, upgrade: Callable[[Sealer | None], None], look: Callable[[Callable[[Connection], Any]], Any]
    ) -> None:
        self._upgrade = upgrade
        self.look = look

    def upgrade(self, sealer: Sealer | None = None) -> None:
        self._upgrade(sealer)


def on_sqlite(path: Path) -> Store:
    path.parent.mkdir(exist_ok=True)

    def look(work: Callable[[Connection], Any]) -> Any:
        engine = sa.create_engine(f"sqlite:///{path}")
        try:
            with engine.connect() as connection:
                found = work(connection)
                connection.commit()
                return found
        finally:
            engine.dispose()

    return Store(lambda sealer: migrate.upgrade_sqlite(path, sealer), look)


def on_postgres(dsn: str) -> Store:
    async def looking(work: Callable[[Connection], Any]) -> Any:
        engine = create_async_engine(migrate.async_url(dsn))
        try:
            async with engine.connect() as connection:
                found = await connection.run_sync(work)
                await connection.commit()
                return found
        finally:
            await engine.dispose()

    def upgrade(sealer: Sealer | None) -> None:
        asyncio.run(migrate.upgrade_postgres(dsn, sealer))

    return Store(upgrade, lambda work: asyncio.run(looking(work)))


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "sqlite":
        return on_sqlite(tmp_path / "data" / "handrail.db")
    return on_postgres(request.getfixturevalue("fresh_postgres"))


def differences(connection: Connection) -> list[Any]:
    """What separates the database from the declared tables."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": migrate.is_ours})
    return list(compare_metadata(context, metadata))


def keys(connection: Connection) -> dict[str, list[str]]:
    inspector = sa.inspect(connection)
    names = [name for name in inspector.get_table_names() if migrate.is_ours(name, "table", {})]
    return {name: inspector.get_pk_constraint(name)["constrained_columns"] for name in names}


def references(connection: Connection) -> dict[str, set[tuple[Any, ...]]]:
    inspector = sa.inspect(connection)
    return {
        name: {
            (
                *key["constrained_columns"],
                "->",
                key["referred_table"],
                *key["referred_columns"],
                key.get("options", {}).get("ondelete", "NO ACTION"),
            )
            for key in inspector.get_foreign_keys(name)
        }
        for name in metadata.tables
    }


def test_migrated_schema_is_the_declared_one(store: Store) -> None:
    store.upgrade()
    assert store.look(differences) == []
    found = store.look(keys)
    assert set(found) == {*metadata.tables, "alembic_version"}
    for name, table in metadata.tables.items():
        assert found[name] == [column.name for column in table.primary_key], name


def test_references_delete_what_they_are_declared_to_delete(store: Store) -> None:
    store.upgrade()
    found = store.look(references)
    for name, table in metadata.tables.items():
        declared = {
            (
                *(element.parent.name for element in constraint.elements),
                "->",
                constraint.referred_table.name,
                *(element.column.name for element in constraint.elements),
                constraint.ondelete or "NO ACTION",
            )
            for constraint in table.foreign_key_constraints
        }
        assert found[name] == declared, name


def test_defaults_are_the_declared_ones(store: Store) -> None:
    def defaults(connection: Connection) -> dict[tuple[str, str], Any]:
        inspector = sa.inspect(connection)
        return {
            (name, column["name"]): column["default"]
            for name in metadata.tables
            for column in inspector.get_columns(name)
        }

    store.upgrade()
    found = store.look(defaults)
    words = {"0": False, "false": False, "1": True, "true": True}
    for table in metadata.tables.values():
        for column in table.columns:
            have = found[table.name, column.name]
            if column.autoincrement is True:
                continue
            assert (have is None) is (column.server_default is None), column
            if have is not None and isinstance(column.server_default, sa.DefaultClause):
                wanted = str(getattr(column.server_default.arg, "text", column.server_default.arg))
                text = str(have).split("::")[0].strip("'\"")
                if isinstance(column.type, sa.Boolean):
                    assert words[text.lower()] is words[wanted.lower()], column
                else:
                    assert text == wanted, column


def test_running_again_changes_nothing(store: Store) -> None:
    store.upgrade()
    store.look(lambda connection: connection.exec_driver_sql("SELECT 1 FROM organizations").all())
    store.upgrade()
    assert store.look(migrate.revision_on) == migrate.newest()
    assert store.look(differences) == []


def test_empty_database_has_no_revision(store: Store, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    assert store.look(migrate.revision_on) is None


@pytest.mark.parametrize("after", [1, 7, 20])
def test_migration_that_is_cut_short_can_be_run_again(
    store: Store, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain: Any = DefaultImpl._exec  # pyright: ignore[reportPrivateUsage]
    done: list[str] = []

    class Cut(Exception):
        """The power went out."""

    def cut(self: Any, construct: Any, *args: Any, **kw: Any) -> Any:
        if len(done) == after:
            raise Cut
        done.append(str(type(construct)))
        return plain(self, construct, *args, **kw)

    with monkeypatch.context() as patched:
        patched.setattr(DefaultImpl, "_exec", cut)
        with pytest.raises(Cut):
            store.upgrade()
    assert len(done) == after
    store.upgrade()
    assert store.look(differences) == []


def test_two_programs_may_migrate_at_once(fresh_postgres: str) -> None:
    async def work() -> None:
        await asyncio.gather(*(migrate.upgrade_postgres(fresh_postgres) for _ in range(3)))

    asyncio.run(work())
    assert asyncio.run(migrate.revision_postgres(fresh_postgres)) == migrate.newest()


def test_two_programs_may_migrate_one_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "handrail.db"
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(migrate.upgrade_sqlite, [path] * 3))
    assert on_sqlite(path).look(differences) == []


def test_migrations_are_one_line() -> None:
    script = ScriptDirectory.from_config(migrate.configuration())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_job_queue_is_installed_and_follows_its_library(
    fresh_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def on(work: Callable[[Any], Any]) -> Any:
        connection: Any = await asyncpg.connect(fresh_postgres)
        try:
            return await work(connection)
        finally:
            await connection.close()

    def state() -> str | None:
        return asyncio.run(on(queue.revision))

    assert state() is None
    assert asyncio.run(queue.upgrade(fresh_postgres))
    assert state() == queue.newest()
    assert not asyncio.run(queue.upgrade(fresh_postgres))
    # a library with one script more than the database has seen
    plain = queue._migrations()  # pyright: ignore[reportPrivateUsage]
    script = tmp_path / "99.00.00_01_pre_marker.sql"
    script.write_text("CREATE TABLE procrastinate_marker (id bigint)")
    monkeypatch.setattr(queue, "_migrations", lambda: [*plain, script])
    assert queue.newest() == script.stem > plain[-1].stem
    assert asyncio.run(queue.upgrade(fresh_postgres))
    assert state() == script.stem
    marker = asyncio.run(on(lambda connection: connection.fetchval("SELECT to_regclass('procrastinate_marker')")))
    assert marker == "procrastinate_marker"
    assert not asyncio.run(queue.upgrade(fresh_postgres))


def to(revision: str, sealer: Sealer | None = None) -> Callable[[Connection], None]:
    """Bring a database to an older revision, upwards or downwards."""

    def work(connection: Connection) -> None:
        config = migrate.configuration()
        config.attributes.update(connection=connection, sealer=sealer or Keyless())
        now = migrate.revision_on(connection)
        (command.downgrade if now is not None and now > revision else command.upgrade)(config, revision)

    return work


def rows(*statements: str) -> Callable[[Connection], list[Any]]:
    """Carry plain SQL out; the rows of the last statement."""

    def work(connection: Connection) -> list[Any]:
        found: list[Any] = []
        for text in statements:
            result = connection.exec_driver_sql(text)
            found = [tuple(row) for row in result.all()] if result.returns_rows else []
        return found

    return work


GUESTS = 1_203
ORGANIZATION = (
    "INSERT INTO organizations (organization_id, name, slug, created_at, updated_at) VALUES ('o1', 'A', 'a', 1, 1)"
)


def code(number: int) -> str:
    return f"{number:05}" * 8


def in_clear(connection: Connection) -> None:
    """What an older version has written."""
    rows(
        ORGANIZATION,
        *(
            "INSERT INTO guests (organization_id, id, email, code, first_name, invited_at, created_at, updated_at) "
            f"VALUES ('o1', {number}, '{number}@quay.example', '{code(number)}', 'N{number}', {number}, 2, 3)"
            for number in range(GUESTS)
        ),
        *(
            "INSERT INTO mails (organization_id, id, kind, recipient, subject, html, plain, status, due_at, "
            "created_at) "
            f"VALUES ('o1', 'm{status}', 'k', 'a@b.example', 's', '{html}', '{plain}', '{status}', 1, 1)"
            for status, html, plain in (("waiting", "<b>tidewater</b>", "tidewater"), ("sent", "", ""))
        ),
    )(connection)


def test_codes_of_guests_and_mails_are_sealed_and_come_back(store: Store, tmp_path: Path) -> None:
    sealer = FernetSealer(("a key of thirty-two characters!!",))
    store.look(to("0013"))
    store.look(in_clear)
    before = store.look(rows("SELECT * FROM guests ORDER BY id"))
    with pytest.raises(Broken):
        store.upgrade()
    assert store.look(migrate.revision_on) == "0013"
    assert store.look(rows("SELECT * FROM guests ORDER BY id")) == before

    store.upgrade(sealer)
    assert store.look(differences) == []
    found = store.look(rows("SELECT id, email, code_hash, sealed_code, first_name, invited_at FROM guests ORDER BY id"))
    assert len(found) == GUESTS
    for number, (guest, email, code_hash, sealed_code, first_name, invited_at) in enumerate(found):
        assert (guest, email, first_name, invited_at) == (number, f"{number}@quay.example", f"N{number}", number)
        assert code_hash == fingerprint(code(number))
        assert sealer.open(sealed_code) == code(number)
    text = dict(store.look(rows("SELECT id, sealed_text FROM mails")))
    assert text["msent"] == ""
    assert opened(sealer, text["mwaiting"]) == Text("<b>tidewater</b>", "tidewater")
    left = [path.name for path in tmp_path.rglob("*") if path.is_file() and leftover(path.read_bytes())]
    assert left == [], "the old texts still stand in the files"

    store.look(to("0013", sealer))
    assert store.look(rows("SELECT * FROM guests ORDER BY id")) == before
    assert store.look(rows("SELECT id, html, plain FROM mails ORDER BY id")) == [
        ("msent", "", ""),
        ("mwaiting", "<b>tidewater</b>", "tidewater"),
    ]
    store.upgrade(sealer)
    assert store.look(differences) == []


def leftover(content: bytes) -> bool:
    return b"tidewater" in content or any(code(number).encode() in content for number in range(0, GUESTS, 7))


def test_a_store_with_nothing_to_seal_needs_no_key(store: Store) -> None:
    store.look(to("0013"))
    store.look(rows(ORGANIZATION))
    store.upgrade()
    assert store.look(differences) == []

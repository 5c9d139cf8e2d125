"""Timers wound by hand: at which moment they look, and what of the feed and the tasks is there afterwards."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from handrail.engine.events import Outcome
from handrail.engine.issues import raise_process_issue, raise_task_issue, resolve_process_issue
from handrail.features.processes import service as processes
from handrail.features.timers import store
from handrail.features.timers.due import is_any
from handrail.features.timers.expiry import expire_due
from handrail.features.timers.firing import Resting
from handrail.features.timers.housekeeping import keep_house
from handrail.features.timers.lateness import tell_rules
from handrail.kernel.actor import Actor
from handrail.kernel.clock import FixedClock, parse_moment
from handrail.schema.statement import Statement
from handrail.schema.tables import activities, events, tasks
from handrail.schema.tables import processes as processes_table
from handrail.schema.words import is_, own
from tests.support.server import Org, TestServer

SECOND, HOUR, DAY, YEAR = 1000, 3_600_000, 86_400_000, 365 * 86_400_000

task_row = Statement[Any](sa.select(*tasks.c).where(own(tasks), is_(tasks.c.id)))
task_status = Statement[Any](sa.select(tasks.c.status).where(own(tasks), is_(tasks.c.id)))
process_row = Statement[Any](sa.select(*processes_table.c).where(own(processes_table), is_(processes_table.c.id)))
feed_of = Statement[Any](
    sa.select(activities.c.verb, activities.c.actor_id, activities.c.detail)
    .where(own(activities), is_(activities.c.subject_id))
    .order_by(activities.c.id)
)
events_of = Statement[Any](
    sa.select(events.c.type, events.c.data).where(own(events), is_(events.c.task_id)).order_by(events.c.id)
)


class Hurried(FixedClock):
    """Moves on by a millisecond whenever it is looked at."""

    def now(self) -> int:
        self.advance(1)
        return self.value


class Clockwork:
    """The timers of a server."""

    def __init__(self, server: TestServer) -> None:
        self.server = server
        self.resting = Resting()

    def now(self) -> int:
        return self.server.clock.now()

    def go_to(self, moment: int) -> None:
        """Set the server's clock."""
        self.server.clock.offset += moment - self.now()

    def expire(self, at: int) -> int:
        """Let expire what is due at a moment; how many tasks did."""
        return self.server.run(lambda: expire_due(self.server.database, FixedClock(at), self.resting))

    def expire_in_a_hurry(self, at: int) -> int:
        """The same with a clock that gives each task a moment of its own."""
        return self.server.run(lambda: expire_due(self.server.database, Hurried(at), self.resting))

    def tell_rules(self, at: int) -> int:
        """Tell rules what is overdue at a moment; in how many processes there was something to tell."""
        return self.server.run(lambda: tell_rules(self.server.database, FixedClock(at), self.resting))

    def keep_house(self, at: int) -> int:
        """Complete and archive what organizations want to have completed and archived by a moment."""
        return self.server.run(lambda: keep_house(self.server.database, FixedClock(at), self.resting))

    def keep_house_in_a_hurry(self, at: int) -> int:
        """The same with a clock that gives each task a moment of its own."""
        return self.server.run(lambda: keep_house(self.server.database, Hurried(at), self.resting))

    def settle(self) -> None:
        """Let everything happen that would ever happen by itself."""
        for _ in range(2):
            self.expire(self.now() + 300 * YEAR)
            self.tell_rules(self.now() + 300 * YEAR)
            self.keep_house(self.now() + 300 * YEAR)

    def is_anything_due(self, at: int, statement: Statement[Any] = store.expiring) -> bool:
        async def ask() -> bool:
            async with self.server.database.reader() as reader:
                return await is_any(reader, statement, at, self.resting)

        return self.server.run(ask)

    def row(self, org: Org, statement: Statement[Any], record: str) -> dict[str, Any]:
        async def read() -> Any:
            async with self.server.database.reader() as reader:
                return await reader.one(statement, organization_id=org.organization_id, id=record)

        table = tasks if statement is task_row else processes_table
        found = self.server.run(read)
        assert found is not None
        return dict(zip((column.name for column in table.columns), found, strict=True))

    def task(self, org: Org, task: dict[str, Any]) -> dict[str, Any]:
        """The task as it is stored."""
        return self.row(org, task_row, task["id"])

    def process(self, org: Org, process: dict[str, Any]) -> dict[str, Any]:
        """The process as it is stored."""
        return self.row(org, process_row, process["id"])

    def feed(self, org: Org, record: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
        """What the feed says of a record: verb, actor, detail."""

        async def read() -> list[Any]:
            async with self.server.database.reader() as reader:
                return await reader.all(feed_of, organization_id=org.organization_id, subject_id=record["id"])

        return [(verb, actor, json.loads(detail or "{}")) for verb, actor, detail in self.server.run(read)]

    def events(self, org: Org, task: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """What other programs are told of a task."""

        async def read() -> list[Any]:
            async with self.server.database.reader() as reader:
                return await reader.all(events_of, organization_id=org.organization_id, task_id=task["id"])

        return [(kind, json.loads(data)) for kind, data in self.server.run(read)]

    def raise_issue(self, org: Org, process: dict[str, Any]) -> None:
        """Open an issue on the process itself."""
        self._command(org, process, lambda context, state, _: raise_process_issue(context, state))

    def resolve_issue(self, org: Org, process: dict[str, Any]) -> None:
        self._command(org, process, lambda context, state, _: resolve_process_issue(context, state))

    def raise_issue_on(self, org: Org, process: dict[str, Any], task: dict[str, Any]) -> None:
        """Open an issue on a task."""
        self._command(org, process, lambda context, state, _: raise_task_issue(context, state, task["id"]))

    def _command(self, org: Org, process: dict[str, Any], run: Callable[..., Outcome]) -> None:
        actor = Actor(organization_id=org.organization_id, user_id=org.user_id, role="admin")
        self.server.write(lambda tx: processes.command(tx, actor, process["id"], "process.update", self.now(), run))


def moment(text: str) -> int:
    """Milliseconds of an ISO 8601 date."""
    found = parse_moment(text)
    assert found is not None
    return found


def due(hours: int, **more: Any) -> dict[str, Any]:
    """The deadline of a step."""
    return {"value": hours, "unit": "hours", "option": "from", "step": "start_run", **more}


def expiring(title: str, hours: int = 2, **more: Any) -> dict[str, Any]:
    """A step that expires so many hours after the launch."""
    return {"title": title, "step_type": "expiring", "deadline": due(hours), **more}


def by_title(process: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The tasks of a launched process."""
    return {task["title"]: task for task in process["tasks"]}

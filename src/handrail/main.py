"""The composition root: settings -> adapters -> application."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from handrail import logs
from handrail.features.accounts.look import problem
from handrail.features.accounts.style import STYLE
from handrail.features.answers import service as answers
from handrail.features.guests import coming as guests
from handrail.features.members import service as people
from handrail.features.processes import revising as processes
from handrail.features.tasks import revising as tasks
from handrail.features.templates import revising as templates
from handrail.http.application import Mount, Web
from handrail.http.auth import Authenticator
from handrail.http.call import Application
from handrail.http.endpoint import Endpoint, Router
from handrail.http.limits import Quota
from handrail.http.pages import pages
from handrail.http.site import Site, pages_of
from handrail.kernel.clock import Clock, SystemClock
from handrail.kernel.errors import Problem
from handrail.ports.database import Database
from handrail.ports.jobs import Catalogue, Jobs
from handrail.ports.limiter import Limiter
from handrail.ports.mailer import Mailer
from handrail.ports.sealer import OnDemand, Sealer
from handrail.settings import Settings

if TYPE_CHECKING:
    from handrail.adapters.neighbours import Neighbours


def routers() -> list[Router]:
    """Every feature's routes, in the order of the reference."""
    from handrail.features.accounts import routes as accounts
    from handrail.features.audit import routes as audit
    from handrail.features.explain import routes as explain
    from handrail.features.folders import routes as folders
    from handrail.features.groups import routes as groups
    from handrail.features.guests import routes as guests
    from handrail.features.mails import routes as mails
    from handrail.features.members import routes as members
    from handrail.features.members import token_routes as tokens
    from handrail.features.notices import routes as notices
    from handrail.features.oauth import routes as oauth
    from handrail.features.organizations import routes as organizations
    from handrail.features.processes import routes as processes
    from handrail.features.public import routes as public
    from handrail.features.roles import routes as roles
    from handrail.features.schedules import routes as schedules
    from handrail.features.simulations import routes as simulations
    from handrail.features.tags import routes as tags
    from handrail.features.tasks import guest_routes as guest_tasks
    from handrail.features.tasks import routes as tasks
    from handrail.features.templates import routes as templates
    from handrail.features.threads import routes as threads

    return [
        accounts.router,
        organizations.router,
        members.router,
        tokens.router,
        oauth.router,
        guests.router,
        groups.router,
        roles.router,
        *templates.routers,
        simulations.router,
        processes.router,
        tasks.router,
        guest_tasks.router,
        threads.router,
        notices.router,
        schedules.router,
        explain.router,
        tags.router,
        folders.router,
        public.router,
        mails.router,
        audit.router,
    ]


def sites() -> list[Site]:
    """Every feature's pages of HTML."""
    from handrail.features.accounts import (
        guest_pages,
        home_pages,
        invitation_pages,
        oidc_pages,
        password_pages,
        register_pages,
        sign_in_pages,
    )
    from handrail.features.oauth import consent_pages
    from handrail.features.public import kickoff_pages

    return [
        sign_in_pages.site,
        register_pages.site,
        password_pages.site,
        invitation_pages.site,
        home_pages.site,
        guest_pages.site,
        oidc_pages.site,
        consent_pages.site,
        kickoff_pages.site,
    ]


def endpoints() -> list[Endpoint]:
    """Every endpoint of the application."""
    return [endpoint for router in routers() for endpoint in router.endpoints]


def neighbours(count: int) -> "Neighbours":
    """What so many processes of one server will share; to be made before they part ways."""
    from handrail.adapters.neighbours import Neighbours

    return Neighbours(count)


async def open_database(settings: Settings, beside: "Neighbours | None" = None) -> Database:
    """Connect to the store the settings name. The schema must be up to date."""
    sealing = OnDemand(lambda: sealer(settings))
    if settings.is_embedded:
        from handrail.adapters.sqlite import SqliteDatabase

        synchronous = "FULL" if settings.durability == "full" else "NORMAL"
        turn = None if beside is None else beside.turn
        return SqliteDatabase(settings.sqlite_path, synchronous=synchronous, sealer=sealing, turn=turn)
    from handrail.adapters.postgres import PostgresDatabase

    assert settings.database_url is not None
    return await PostgresDatabase.open(settings.database_url, size=settings.postgres_pool, sealer=sealing)


def catalogue(settings: Settings) -> Catalogue:
    """Every feature's background jobs and schedules."""
    from handrail.features.accounts import jobs as accounts
    from handrail.features.answers import jobs as answers
    from handrail.features.digests import jobs as digests
    from handrail.features.mails import sending as mails
    from handrail.features.members import expiring
    from handrail.features.notices import telling as notices
    from handrail.features.oauth import jobs as oauth
    from handrail.features.schedules import jobs as schedules
    from handrail.features.simulations import jobs as simulations
    from handrail.features.timers import jobs as timers

    found = [
        timers.handlers_and_schedules(),
        mails.handlers_and_schedules(mailer(settings)),
        accounts.handlers_and_schedules(mailer(settings), sealer(settings)),
        oauth.handlers_and_schedules(),
        expiring.handlers_and_schedules(),
        simulations.handlers_and_schedules(),
        schedules.handlers_and_schedules(),
        digests.handlers_and_schedules(settings),
        notices.handlers_and_schedules(settings),
        answers.handlers_and_schedules(),
    ]
    return Catalogue(
        [handler for handlers, _ in found for handler in handlers],
        [recurring for _, recurrings in found for recurring in recurrings],
    )


def mailer(settings: Settings) -> Mailer | None:
    """The way to send mail, if the settings name one."""
    if settings.smtp_url is None:
        return None
    from handrail.adapters.mail_smtp import SmtpMailer

    return SmtpMailer(settings.smtp_url, settings.mail_from)


def sealer(settings: Settings) -> Sealer:
    """What seals secrets in the store. Its key is made on first use when no setting names one."""
    from handrail.adapters.sealing_fernet import FernetSealer, key_of

    return FernetSealer(settings.secret_key or (key_of(settings.data),))


def queue(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    alone: bool = False,
    beside: "Neighbours | None" = None,
) -> Jobs:
    """The job queue of an open store. `alone`: no other process carries out its jobs, which only an embedded store
    can know."""
    if settings.is_embedded:
        from handrail.adapters.jobs_embedded import EmbeddedJobs

        bell = None if beside is None else beside.bell
        return EmbeddedJobs(database, catalogue(settings), clock, alone=alone, bell=bell)
    from handrail.adapters.jobs_procrastinate import ProcrastinateJobs

    assert settings.database_url is not None
    return ProcrastinateJobs(database, settings.database_url, catalogue(settings), clock)


def counter(settings: Settings, clock: Clock, beside: "Neighbours | None" = None) -> Limiter:
    """What counts requests: Redis where the settings name one, else the memory of this process and its neighbours."""
    if settings.redis_url is not None:
        from handrail.adapters.limits_redis import RedisLimiter

        return RedisLimiter(settings.redis_url)
    if beside is not None:
        from handrail.adapters.limits_shared import SharedLimiter

        return SharedLimiter(beside.book, clock)
    from handrail.adapters.limits_memory import MemoryLimiter

    return MemoryLimiter(clock)


def application(
    settings: Settings,
    database: Database,
    clock: Clock | None = None,
    jobs: Jobs | None = None,
    limiter: Limiter | None = None,
    beside: "Neighbours | None" = None,
) -> Mount:
    """The ASGI application on an open store. It asks for jobs; who carries them out is not its business. A limiter
    that is given is closed by whoever gave it."""
    logs.configure(settings.log_level)
    clock = clock or SystemClock()
    jobs = jobs or queue(settings, database, clock)
    authenticator = Authenticator(database, clock, people, guests, beside)
    limiter = limiter or counter(settings, clock)
    quota = Quota(
        limiter,
        settings.rate_limit_per_minute,
        settings.rate_limit_per_hour,
        settings.session_requests_per_minute,
    )
    declared = endpoints()
    shared = Application(settings, database, clock, authenticator.forget, jobs, limiter, quota, sealer(settings))
    revisions = {"task": tasks.revision, "process": processes.revision, "template": templates.revision}
    web = Web(shared, authenticator, declared, answers, revisions)
    return Mount(web, {**pages(declared), **STYLE, **pages_of(shared, sites(), problem)})


class Served:
    """The application as a server starts it: the store is opened when the event loop runs, closed when it ends.
    `beside`: what it shares with other processes of the same server."""

    def __init__(self, settings: Settings, beside: "Neighbours | None" = None) -> None:
        self.settings = settings
        self._beside = beside
        self._mount: Mount | None = None

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return self._lifespan(receive, send)
        assert self._mount is not None
        return self._mount(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        try:
            async with self._opened():
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except Problem as problem:
            await send({"type": "lifespan.startup.failed", "message": problem.message})
            return
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def _opened(self) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            beside = self._beside
            database = await open_database(self.settings, beside)
            stack.push_async_callback(database.close)
            clock = SystemClock()
            jobs = queue(self.settings, database, clock, alone=True, beside=beside)
            limiter = counter(self.settings, clock, beside)
            stack.push_async_callback(limiter.close)
            self._mount = application(self.settings, database, clock, jobs, limiter, beside)
            async with jobs.working() if self._carries_jobs_out() else nullcontext():
                _spare_the_collector()
                yield

    def _carries_jobs_out(self) -> bool:
        # an embedded queue is one process's business
        is_first = self._beside is None or self._beside.number == 0
        return self.settings.worker == "inside" and (is_first or not self.settings.is_embedded)


def _spare_the_collector() -> None:
    """What lives as long as the server is not looked through again, and requests leave few cycles behind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def work(settings: Settings, ready: Callable[[], None]) -> None:
    """Carry out jobs until cancelled, beside servers that leave them to others. `ready` is called when it begins."""
    logs.configure(settings.log_level)
    database = await open_database(settings)
    try:
        async with queue(settings, database, SystemClock()).working():
            _spare_the_collector()
            ready()
            await asyncio.get_running_loop().create_future()
    finally:
        await database.close()

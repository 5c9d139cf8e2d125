"""SpiffWorkflow as a team would first put it on the web: the library in a small ASGI application, state in SQLite.

A completion reads the serialised workflow, restores it, completes the user task, runs the engine, serialises the
workflow and commits it (WAL, synchronous=FULL). Run by uvicorn with the database's path in PEER_DATABASE.

The library's own serialiser stores the specification with every process, as its documentation shows it; that is what
the bars of the suite were set against. With PEER_SPECIFICATION=kept the parsed specification stays in memory and the
process names it, which takes a converter of one's own and is faster.
"""

import os
import sqlite3
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import msgspec
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default import BpmnWorkflowConverter
from SpiffWorkflow.bpmn.specs.defaults import UserTask
from SpiffWorkflow.util.task import TaskState

_BPMN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="bench">
<process id="{name}" isExecutable="true"><startEvent id="start"/>{steps}<endEvent id="end"/>{flows}</process>
</definitions>"""


def _specification(steps: int) -> Any:
    nodes = ["start", *(f"step{number}" for number in range(steps)), "end"]
    flows = "".join(
        f'<sequenceFlow id="flow{number}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(pairwise(nodes))
    )
    tasks = "".join(f'<userTask id="{node}" name="Collect documents"/>' for node in nodes[1:-1])
    parser = BpmnParser()
    name = f"linear{steps}"
    parser.add_bpmn_xml(etree.fromstring(_BPMN.format(name=name, steps=tasks, flows=flows)))
    return parser.get_spec(name)


_specifications: dict[int, Any] = {}


def specification(steps: int) -> Any:
    """The parsed process of so many user tasks in a row."""
    if steps not in _specifications:
        _specifications[steps] = _specification(steps)
    return _specifications[steps]


class _ByReference(BpmnWorkflowConverter):
    """Stores which specification a workflow follows instead of the specification."""

    def to_dict(self, workflow: Any) -> dict[str, Any]:
        stored = super(BpmnWorkflowConverter, self).to_dict(workflow)
        stored["spec"] = int(workflow.spec.name.removeprefix("linear"))
        return stored

    def from_dict(self, dct: dict[str, Any]) -> Any:
        workflow = self.target_class(specification(dct.pop("spec")), {}, deserializing=True)
        workflow.tasks = self.mapping_from_dict(dct["tasks"], UUID, workflow=workflow)
        workflow.task_tree = workflow.tasks[UUID(dct["root"])]
        self.set_default_attributes(workflow, dct)
        return workflow


_is_kept = os.environ.get("PEER_SPECIFICATION") == "kept"
_config = {**DEFAULT_CONFIG, BpmnWorkflow: _ByReference} if _is_kept else DEFAULT_CONFIG
_serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(_config))

_database = sqlite3.connect(os.environ["PEER_DATABASE"], isolation_level=None)
_database.execute("PRAGMA journal_mode=WAL")
_database.execute("PRAGMA synchronous=FULL")
_database.execute("CREATE TABLE IF NOT EXISTS process (id TEXT PRIMARY KEY, completed INTEGER NOT NULL, state TEXT)")


def launch(steps: int) -> dict[str, Any]:
    """Start a process up to its first user task and store it; the ids of all its user tasks."""
    workflow = BpmnWorkflow(specification(steps))
    workflow.do_engine_steps()
    process = uuid4().hex
    _database.execute("INSERT INTO process VALUES (?, 0, ?)", (process, _serializer.serialize_json(workflow)))
    return {"id": process, "tasks": [str(task.id) for task in workflow.get_tasks(spec_class=UserTask)]}


def complete(process: str, task_id: str, form: dict[str, Any]) -> dict[str, Any]:
    """Complete one user task of a stored process; `KeyError` when it is not its turn."""
    row = _database.execute("SELECT state FROM process WHERE id = ?", (process,)).fetchone()
    workflow = _serializer.deserialize_json(row[0])
    task = workflow.tasks[UUID(task_id)]
    if task.state != TaskState.READY:
        raise KeyError(task_id)
    task.data["form"] = form
    task.run()
    workflow.do_engine_steps()
    _database.execute(
        "UPDATE process SET state = ?, completed = completed + 1 WHERE id = ?",
        (_serializer.serialize_json(workflow), process),
    )
    return {"id": task_id, "status": "completed"}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """POST /runs launches; POST /runs/{process}/tasks/{task} completes; anything else says hello."""
    body = b""
    more = scope["method"] == "POST"
    while more:
        message = await receive()
        body += message["body"]
        more = message.get("more_body", False)
    path = scope["path"].split("/")
    status, answer = 200, {}
    if scope["method"] == "POST" and len(path) == 5:
        try:
            answer = complete(path[2], path[4], msgspec.json.decode(body)["form"])
        except (KeyError, TypeError):
            status = 404
    elif scope["method"] == "POST":
        status, answer = 201, launch(msgspec.json.decode(body)["steps"])
    encoded = msgspec.json.encode(answer)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(encoded))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": encoded})

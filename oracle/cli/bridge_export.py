"""``lean export --bridge``: run inputs for telltale's own Lean runner and machine, from protocols."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from telltale_conformance.errors import UsageError
from telltale_conformance.generators.branch_orders import branch_orders
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.protocol_files import ProtocolFile, Unreadable, read_protocols
from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.model.types.global_types import GlobalType, roles_of
from telltale_conformance.model.types.lean_json import encode_global
from telltale_conformance.model.types.projection import NotProjectable, project_all
from telltale_conformance.model.types.synthesis import NoGlobalType, global_type_of
from telltale_conformance.model.types.wellformed import problems
from telltale_conformance.oracle.cli.terminal import say, tell, told, warn
from telltale_conformance.oracle.verdict.exit_codes import AGREE
from telltale_conformance.readable import counted
from telltale_conformance.sinks import file_name

BRIDGE: Final = "lean_bridge.v1"


@told
def run(files: list[Path], output: Path | None, max_steps: int, most: int) -> int:
    """Write the run inputs of each protocol; return the exit code."""
    if not files:
        raise UsageError("name at least one .session file, global type or folder for --bridge")
    folder = output or Path()
    code, written = AGREE, set[str]()
    for path in files:
        try:
            for file in read_protocols(path):
                code = max(code, _export(file, folder, max_steps, most, written))
        except Unreadable as error:
            code = max(code, tell(error.within(path)))
    return code


def _export(file: ProtocolFile, folder: Path, max_steps: int, most: int, written: set[str]) -> int:
    name = file_name(file.path.name.split(".")[0])
    if name in written:
        raise Unreadable(f"another file was exported as {name} already; give them different names or folders")
    written.add(name)
    whole, roles = global_of(file)
    refused = [role for role, one in project_all(whole, roles, "plain").items() if isinstance(one, NotProjectable)]
    if refused:
        warn(f"{file.path}: telltale's Lean refuses this protocol: no plain projection on {', '.join(refused)}")
    inputs = list(run_inputs(whole, roles, max_steps, most + 1))
    if len(inputs) > most:
        warn(f"{file.path}: only the first {most} orders of branches are written; --orders sets how many")
    folder.mkdir(parents=True, exist_ok=True)
    for number, document in enumerate(inputs[:most], 1):
        write_whole(folder / f"{name}-{number}.input.json", encode(document) + b"\n")
    count = min(most, len(inputs))
    say(f"{file.path}: {counted(count, 'run input')} written to {folder}/{name}-N.input.json")
    return AGREE


def run_inputs(whole: GlobalType, roles: tuple[str, ...], max_steps: int, most: int) -> Iterator[dict[str, Any]]:
    """Yield the run inputs of a protocol, one for each order of branches; roles sorted, as both runners number them."""
    for order in branch_orders(whole, most):
        yield {
            "choreographies": [
                {
                    "global_type": msgspec.Raw(encode_global(order)),
                    "roles": sorted(roles, key=str.encode),
                    "schema_version": BRIDGE,
                }
            ],
            "concurrency": 1,
            "max_steps": max_steps,
            "schema_version": BRIDGE,
        }


def global_of(file: ProtocolFile) -> tuple[GlobalType, tuple[str, ...]]:
    """Return the global type of a protocol, given or found from its local types, and the roles."""
    protocol = file.protocol
    whole = protocol.global_type
    if whole is None:
        if file.single is not None or not protocol.types:
            raise Unreadable("this is one local type; a global type, or the types of all roles, are needed")
        try:
            whole = global_type_of(protocol.types)
        except NoGlobalType as error:
            raise Unreadable(f"no global type was found: {error}; write it as `global = …`") from None
    for one in problems(whole):
        raise Unreadable(f"{one.kind}: {one.message}", protocol.positions.get(id(one.node)))
    for role in roles_of(whole):
        if protocol.roles and role not in protocol.roles:
            raise Unreadable(f"{role} takes part in the global type and is not among the roles")
    return whole, tuple(dict.fromkeys(protocol.roles or roles_of(whole)))

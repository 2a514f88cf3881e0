"""The minimiser against picire and Hypothesis's shrinker: implementation runs, steps left, seconds.

``python -m tests.benchmarks.bench_minimise`` prints the table of ``docs/minimise.md``; ``--stores N`` limits how
many wrong stores, ``--without hypothesis`` leaves a rival out. All three start from the same recorded trace of 1,000
events (``--generated``: from the same failing program of 100 generated steps), ask the same question (does the first
divergence have this class?), and every answer to it that is not known counts as a run. Column *at least* says how many
runs our own result needs, however it is found (``at_least``).
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any, NamedTuple

import msgspec

from telltale_conformance.lean_traces.printing import encode_answer
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.minimise.lifting import lift
from telltale_conformance.oracle.minimise.minimiser import Minimised, minimise
from telltale_conformance.oracle.minimise.steps import removals
from telltale_conformance.oracle.minimise.trying import Trials
from telltale_conformance.oracle.minimise.values import simplifications
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from tests.benchmarks.wrong_traces import EVENTS, wrong_program
from tests.oracle.minimise_world import diverging
from tests.oracle.wrong_references import WRONG, WrongReference

RecordedEvents = list[tuple[str, dict[str, Any], Any]]


class Came(NamedTuple):
    runs: int
    steps: int
    seconds: float


def recorded(name: str, events_wanted: int = EVENTS) -> RecordedEvents | None:
    """Return the recorded operations of a trace of the wrong store: operation, arguments, ok result."""
    program = wrong_program(name, events_wanted)
    if program is None:
        return None
    events = []
    for item in on_reference(program).steps:
        outcome = item.outcome
        answered = msgspec.json.decode(encode_answer(outcome, audited=False))
        events.append((item.step.op, item.args, answered.get("ok")))
    return events


def ours(name: str, program: Program) -> Came:
    return minimised(name, program)[1]


def minimised(name: str, program: Program) -> tuple[Minimised, Came]:
    adapter = WrongReference(WRONG[name])
    started = time.perf_counter()
    result = minimise(adapter, program)
    assert result.ending == "minimal", (name, result.ending)
    return result, Came(adapter.programs, len(result.program.steps), time.perf_counter() - started)


def at_least(name: str, program: Program, result: Minimised) -> int:
    """Return how many runs any minimiser needs that comes to this result and shows what ours shows of it.

    The given program is run, and the result twice. Each removal and simplification that the contract leaves possible is
    seen to end the divergence, in a run that begins with it; one run tells of all that it begins with.
    """
    trials = Trials(WrongReference(WRONG[name]), Level.state)
    trials.target = target = result.fingerprint
    assert target is not None
    trials.look(program)
    trials.attempt(result.program)

    def length(candidate: Program) -> int:
        allowed = [target.allows(item.step.op, item.outcome) for item in on_reference(candidate).steps]
        return max((place for place, allows in enumerate(allowed, 1) if allows), default=0)

    changes = (*removals(result.program), *simplifications(result.program))
    for candidate in sorted((change.candidate for change in changes), key=length, reverse=True):
        assert trials.attempt(candidate).verdict != "reproduces", name
    return trials.runs + 1


class Question:
    """Is the divergence still there? Counts how often it is asked."""

    def __init__(self, name: str, program: Program) -> None:
        self.trials = Trials(WrongReference(WRONG[name]), Level.state)
        sighting = self.trials.look(program)
        assert sighting.fingerprint is not None
        self.target: Fingerprint = sighting.fingerprint
        self.trials.target = self.target
        place = next(place for place, step in enumerate(program.steps) if step.seq == sighting.at)
        self.program = msgspec.structs.replace(program, steps=program.steps[: place + 1])
        self.asked = 0

    def __call__(self, places: list[int]) -> bool:
        self.asked += 1
        steps = tuple(self.program.steps[place] for place in places)
        return self.trials.attempt(msgspec.structs.replace(self.program, steps=steps)).verdict == "reproduces"


def by_picire(name: str, program: Program) -> Came:
    import picire

    question = Question(name, program)

    def test(config: list[int], _: object) -> Any:
        return picire.Outcome.FAIL if question(config) else picire.Outcome.PASS

    started = time.perf_counter()
    reducer = picire.DD(test, split=picire.config_splitters.zeller(2), cache=picire.ConfigCache())
    left = reducer(list(range(len(question.program.steps))))
    return Came(question.asked, len(left), time.perf_counter() - started)


def by_hypothesis(name: str, program: Program) -> Came:
    from hypothesis import HealthCheck, Phase, Verbosity, settings, strategies
    from hypothesis.internal.conjecture.data import ConjectureData, Status
    from hypothesis.internal.conjecture.engine import ConjectureRunner, RunIsComplete

    question = Question(name, program)
    count = len(question.program.steps)
    lines = strategies.lists(strategies.sampled_from(range(count)), max_size=count)
    best = count

    def test(data: ConjectureData) -> None:
        nonlocal best
        drawn = data.draw(lines)
        if question(drawn):
            best = min(best, len(drawn))
            data.mark_interesting("the class")

    quiet = settings(
        max_examples=10**6,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    runner = ConjectureRunner(test, settings=quiet)
    choices = [*(choice for place in range(count) for choice in (True, place)), False]
    started = time.perf_counter()
    try:
        first = runner.cached_test_function(choices)
        assert first.status is Status.INTERESTING
        shrink = getattr(runner, "shrink_interesting_test_cases", None) or runner.shrink_interesting_examples
        shrink()
    except RunIsComplete:
        pass
    return Came(question.asked, best, time.perf_counter() - started)


RIVALS = {"picire": by_picire, "hypothesis": by_hypothesis}


def bench_minimise(benchmark: Any) -> None:
    """From a recorded trace of 1,000 events with one wrong answer to the minimal program."""
    name = "release ignores a pending transfer"
    events = recorded(name)
    assert events is not None
    benchmark(lambda: ours(name, lift(events, "telltale-17", {})))


def _given(name: str, events_wanted: int | None, seed: int) -> Program | None:
    """Return what all of them start from: a lifted trace of so many events, or a generated program that fails."""
    if events_wanted is None:
        return diverging(name, seed=seed)
    events = recorded(name, events_wanted)
    return None if events is None else lift(events, "telltale-17", {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", type=int, default=len(WRONG))
    parser.add_argument("--events", type=int, default=EVENTS, help="how long the traces are")
    parser.add_argument("--generated", action="store_true", help="a lane's failing program of 100 steps, not a trace")
    parser.add_argument("--seed", type=int, default=11, help="of the generated programs")
    parser.add_argument("--every", type=int, default=1, help="only every so manyth wrong store")
    parser.add_argument("--without", action="append", default=[], choices=list(RIVALS))
    arguments = parser.parse_args()
    rivals = {name: run for name, run in RIVALS.items() if name not in arguments.without}
    head = ["wrong store", "ours", "at least", *rivals]
    print("| " + " | ".join(head) + " |", "|" + " --- |" * len(head), sep="\n", flush=True)
    rows: dict[str, list[Came]] = {who: [] for who in ("ours", *rivals)}
    floors: list[int] = []
    for name in [*WRONG][: arguments.stores : arguments.every]:
        program = _given(name, None if arguments.generated else arguments.events, arguments.seed)
        if program is None:
            continue
        result, our = minimised(name, program)
        results = {"ours": our} | {who: run(name, program) for who, run in rivals.items()}
        for who, came in results.items():
            rows[who].append(came)
        floors.append(at_least(name, program, result))
        cells = [f"{came.runs} runs, {came.steps} steps, {came.seconds:.2f} s" for came in results.values()]
        print("| " + " | ".join([name, cells[0], f"{floors[-1]} runs", *cells[1:]]) + " |", flush=True)
    for who, came in rows.items():
        runs = sum(one.runs for one in came)
        print(
            f"{who}: {len(came)} stores, {runs} runs in all, median {statistics.median(c.runs for c in came):g},"
            f" {statistics.median(c.steps for c in came):g} steps, {statistics.median(c.seconds for c in came):.2f} s,"
            f" slowest {max(c.seconds for c in came):.2f} s"
        )
    more = [our.runs - floor for our, floor in zip(rows["ours"], floors, strict=True)]
    median = statistics.median(more)
    print(f"at least: {sum(floors)} runs in all; ours takes no more in {more.count(0)}, {median:g} more in the median")
    for who in rivals:
        pairs = list(zip(rows["ours"], rows[who], strict=True))
        ratio = statistics.median(our.runs / other.runs for our, other in pairs)
        total = sum(our.runs for our, _ in pairs) / sum(other.runs for _, other in pairs)
        longer = sum(our.steps > other.steps for our, other in pairs)
        worst = max(our.runs / other.runs for our, other in pairs)
        shown = f"runs {ratio:.3f} (median), {total:.3f} (in all), {worst:.3f} (worst)"
        print(f"against {who}: {shown}; longer in {longer}")
        over = [
            our.runs - floor for (our, other), floor in zip(pairs, floors, strict=True) if 2 * our.runs > other.runs
        ]
        print(f"more than half of its runs in {len(over)}, and more than at least in {sum(map(bool, over))} of these")


if __name__ == "__main__":
    main()

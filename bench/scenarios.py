"""The scenarios, with their zones and queries, and how they run."""

import pathlib
import statistics
import tempfile
import typing

import inputs
import measuring
import peers


class Plan(typing.NamedTuple):
    """How thorough to be."""
    rounds: int
    seconds: float
    starts: int
    questions: int  # In a file.
    checked: int  # Queries whose answers are compared.
    scale: float = 1  # Of zones; less than 1 for a trial.

    def scaled(self, size, least=100):
        return max(least, int(size * self.scale))


class Scenario(typing.NamedTuple):
    name: str
    title: str
    note: str
    size: int
    kinds: tuple  # Of servers, in the order of the table.
    work: peers.Work
    questions: pathlib.Path
    volley_flags: tuple = ()
    start_matters: bool = False


_ALL = ("echo", "echo-as-long", "hitherd", "nsd", "knotd", "named", "pdns_server")
_WITH_IMAGE = ("echo", "echo-as-long", "hitherd", "hitherd-image", "nsd", "knotd", "named",
               "pdns_server")


def _zone_note(zones, plan, questions):
    return (f"{zones.records:,} records, {zones.text_bytes / 1e6:,.1f} MB of text; {questions}; "
            f"medians of {plan.rounds} rounds of {plan.seconds:g} s, servers in turn; ratios are "
            f"medians of each round's.")


def small(store, plan):
    size = 1000
    zones = inputs.flat_zone(store, size)
    return [Scenario("small", f"Small zone: {size:,} names",
                     _zone_note(zones, plan, "existing names, no EDNS"), size, _ALL,
                     peers.Work(zones),
                     inputs.questions(store, "flat", "existing", size, plan.questions))]


def tld(store, plan, kind="mixed"):
    size = plan.scaled(1_000_000)
    zones = inputs.tld_zone(store, size)
    what = {"mixed": "75 % referrals, 20 % NXDOMAIN, 5 % others, no EDNS"}.get(kind, kind)
    return [Scenario("tld", f"TLD: {size:,} delegations", _zone_note(zones, plan, what), size,
                     _WITH_IMAGE, peers.Work(zones),
                     inputs.questions(store, "tld", kind, size, plan.questions),
                     start_matters=True)]


def _signed(store, plan, denial):
    size = plan.scaled(50_000)
    zones = inputs.signed_zone(store, size, denial)
    return [Scenario(denial, f"Signed with {denial.upper()}: {size:,} delegations, NXDOMAIN",
                     _zone_note(zones, plan, "random names that do not exist, DO set"), size,
                     _WITH_IMAGE, peers.Work(zones, denial),
                     inputs.questions(store, "tld", "nxdomain", size, plan.questions),
                     ("--dnssec",), start_matters=True)]


def nsec3(store, plan):
    return _signed(store, plan, "nsec3")


def nsec(store, plan):
    return _signed(store, plan, "nsec")


def growth(store, plan):
    """The same number of different queries each, so that only the zone grows."""
    found = []
    for size in (1000, 10_000, 100_000, 1_000_000) if plan.scale == 1 else (100, 1000):
        zones = inputs.flat_zone(store, size)
        found.append(Scenario("growth", f"Growth: {size:,} names",
                              _zone_note(zones, plan, "existing names, no EDNS"), size, _ALL[2:],
                              peers.Work(zones), inputs.questions(
                                  store, "flat", "existing", size, plan.questions)))
    return found


def many(store, plan, count=None):
    size = count or plan.scaled(1_000_000)
    zones = inputs.many_zones(store, size)
    return [Scenario("many", f"Many zones: {size:,} of {inputs.RECORDS_A_SMALL_ZONE} records",
                     _zone_note(zones, plan, "existing names, no EDNS"), size,
                     ("echo", "hitherd", "nsd"), peers.Work(zones, start_seconds_max=3600),
                     inputs.questions(store, "many", "existing", size, plan.questions),
                     start_matters=True)]


MAKERS = {"small": small, "tld": tld, "nsec3": nsec3, "nsec": nsec, "growth": growth, "many": many}


# --- running ---

class _Entrant:
    """A server that takes part in a scenario."""

    def __init__(self, contender, folder):
        self.contender, self.folder = contender, folder
        self.running = None
        self.starts, self.start_cpu, self.samples = [], [], []
        self.pss = 0
        self.dropped = None

    @property
    def kind(self):
        return self.contender.kind

    def start(self, work):
        self.stop()
        self.running, seconds = self.contender.start(self.folder, work)
        self.starts.append(seconds)
        self.start_cpu.append(sum(measuring.cpu_seconds(self.running.pids())))

    def stop(self):
        if self.running is not None:
            self.running.stop()
            self.running = None

    def result(self, zones):
        told = {"kind": self.kind, "label": self.contender.label, "path": self.contender.path,
                "version": self.contender.version(),
                "median": measuring.medians(self.samples)._asdict(),
                "rounds": [sample._asdict() for sample in self.samples],
                "start_seconds": statistics.median(self.starts), "starts": self.starts,
                "start_cpu_seconds": statistics.median(self.start_cpu), "pss_bytes": self.pss}
        if zones.count > 1:
            told["pss_bytes_a_zone"] = self.pss / zones.count
        return told


class _Race:
    """A scenario and its servers."""

    def __init__(self, scenario, contenders, base):
        self.scenario, self.entrants, self.wrong = scenario, [], []
        for contender in contenders:
            folder = pathlib.Path(base) / f"{scenario.size}-{contender.kind}"
            folder.mkdir()
            self.entrants.append(_Entrant(contender, folder))

    def racing(self):
        return [entrant for entrant in self.entrants if not entrant.dropped]

    def start(self, starts, bench, say):
        inputs.warm(self.scenario.work.zones)
        for turn in range(starts):
            for entrant in self.racing():
                self._start(entrant, turn == 0, say)
                if turn + 1 < starts:
                    entrant.stop()  # It starts alone on the machine, except the last time.
        for entrant in self.racing():
            measuring.settle(bench, entrant.running)

    def _start(self, entrant, first, say):
        try:
            if first:
                entrant.contender.prepare(entrant.folder, self.scenario.work)
            entrant.start(self.scenario.work)
            say(f"{entrant.kind}: first answer after {entrant.starts[-1]:.3f} s")
        except (peers.CannotRun, RuntimeError) as why:
            entrant.dropped = f"{entrant.contender.label} is omitted: {why}"
            say(entrant.dropped)

    def check_answers(self, count, bench, say):
        found = {}
        for entrant in self.racing():
            told = measuring.answers(bench, entrant.running, self.scenario.questions, count,
                                     self.scenario.volley_flags)
            entrant.pss = measuring.pss_bytes(entrant.running.pids())
            if entrant.contender.answers:
                found[entrant.kind] = told
                say(f"{entrant.kind}: {told.rcodes}, records {told.records}, "
                    f"{told.octets:,} octets")
        self.wrong = measuring.differences(found)
        if "hitherd" in found:
            self._lengthen_echo(found["hitherd"].octets / count, bench)

    def _lengthen_echo(self, answer_bytes, bench):
        for entrant in self.racing():
            if isinstance(entrant.contender, peers.EchoAsLong):
                entrant.contender.answer_bytes = round(answer_bytes)
                entrant.start(self.scenario.work)
                measuring.settle(bench, entrant.running)

    def round(self, seconds, bench, say):
        for entrant in self.racing():
            one = measuring.sample(bench, entrant.running, self.scenario.questions, seconds,
                                   self.scenario.volley_flags)
            entrant.samples.append(one)
            say(f"{self.scenario.size:,}: {entrant.kind}: {one.answers_per_second:,.0f}/s, "
                f"{one.user_us:.2f} + {one.system_us:.2f} µs, busy {one.busy:.0%}, lost {one.lost}")

    def result(self):
        scenario = self.scenario
        return {"name": scenario.name, "title": scenario.title, "note": scenario.note,
                "size": scenario.size, "start_matters": scenario.start_matters,
                "servers": [entrant.result(scenario.work.zones) for entrant in self.racing()],
                "left_out": [e.dropped.splitlines()[0] for e in self.entrants if e.dropped],
                "wrong": self.wrong}


def run(group, contenders_of, plan, bench, say):
    """Results, as in the JSON, of scenarios to be compared with each other: all their servers take
    turns. `contenders_of` gives a scenario's servers in table order."""
    with tempfile.TemporaryDirectory(prefix="hither-bench-") as base:
        races = []
        try:
            for scenario in group:
                races.append(_Race(scenario, contenders_of(scenario), base))
                say(f"== {scenario.title}")
                races[-1].start(plan.starts if scenario.start_matters else 1, bench, say)
            for race in races:
                race.check_answers(plan.checked, bench, say)
            for turn in range(plan.rounds):
                say(f"== round {turn + 1} of {plan.rounds}")
                for race in races:
                    race.round(plan.seconds, bench, say)
            return [race.result() for race in races]
        finally:
            for race in races:
                for entrant in race.entrants:
                    entrant.stop()

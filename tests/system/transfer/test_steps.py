"""Many versions of a zone that BIND changes and signs: after each, hitherd answers as BIND does,
and as another hitherd does that has the zone from text."""

import os
import random
import shutil

import pytest

import asker
import servers
import signing_bind
import wire
from secondary import Secondary

_IS_LONG = bool(os.environ.get("HITHER_LONG"))
_SEEDS = range(26) if _IS_LONG else [int(os.environ.get("HITHER_SEED", 1))]
_STEPS = 500 if _IS_LONG else 24
_SIGN_EACH = 25 if _IS_LONG else 6  # Steps between two changes of how it is signed.
_ORIGIN = "steps.example."
_LABELS = ["a", "b", "c", "d", "x1", "*"]
_ASKED = (wire.A, wire.TXT, wire.NS, wire.DS, wire.DNAME, wire.AAAA)
_DIGEST = "ab" * 32


class _Changes:
    """Names are few, so that they meet: below cuts and DNAMEs, empty non-terminals, wildcards."""

    def __init__(self, chance):
        self._chance = chance

    def some(self):
        """(changes for UpdateMessage, the names that they touch)"""
        changes, names = [], []
        for _ in range(self._chance.choice([1, 1, 1, 2, 3, 6])):
            name = self._name()
            names.append(name)
            changes += self._change(name)
        return changes, names

    def _name(self):
        depth = self._chance.choice([1, 1, 2, 2, 3, 4])
        labels = [self._chance.choice(_LABELS[:-1]) for _ in range(depth)]
        if self._chance.random() < 0.15:
            labels[0] = "*"
        return ".".join(labels)

    def _change(self, name):
        pick = self._chance.random()
        if pick < 0.35:
            return [("delete", name)]
        # Nothing below a wildcard: BIND does not prove that a wildcard is an empty non-terminal.
        if pick < 0.60 or "*" in name:
            return [("add", name, self._ttl(), "A", f"192.0.2.{self._chance.randrange(4)}")]
        if pick < 0.70:
            return [("replace", name, self._ttl(), "TXT", f'"{self._chance.randrange(9)}"')]
        if pick < 0.75:
            return [("delete", name), ("add", name, 60, "CNAME", f"{self._name()}.{_ORIGIN}")]
        if pick < 0.80:
            return [("delete", name), ("add", name, 60, "DNAME", f"t.{self._name()}.{_ORIGIN}")]
        cut = [("add", name, 300, "NS", "ns.other.test."),
               ("add", name, 300, "NS", f"ns.{name}.{_ORIGIN}"),
               ("add", f"ns.{name}", 300, "A", "192.0.2.9")]
        if self._chance.random() < 0.5:
            cut.append(("add", name, 300, "DS", f"{self._chance.randrange(9)} 13 2 {_DIGEST}"))
        return cut

    def _ttl(self):
        return self._chance.choice([60, 300])


class _Denials:
    """How the zone is signed next: never, NSEC, NSEC3, another salt, opt-out, signed whole."""

    def __init__(self, primary):
        self._primary = primary
        self._order = [primary.sign, lambda: primary.use_nsec3(False), primary.resign,
                       lambda: primary.use_nsec3(False), lambda: primary.use_nsec3(True),
                       primary.resign, primary.use_nsec, lambda: primary.use_nsec3(True),
                       lambda: primary.use_nsec3(False), primary.use_nsec, primary.resign]
        self._at = 0

    def next(self):
        """From NSEC to NSEC again, and so on; it is unsigned only at first."""
        self._order[self._at]()
        self._primary.settle()
        self._at = max(1, (self._at + 1) % len(self._order))


class _FromText:
    """hitherd with the zone as text, in a second process."""

    def __init__(self, folder, records):
        self._path = folder / "zone.txt"
        self._write(records)
        self.address, self.port = servers.LOOPBACK, servers.free_port()
        config = folder / "hither.yaml"
        config.write_text(f"""
listen: ["{self.address}:{self.port}"]
workers: 1
user: root
admin: {{ listen: none }}
zones: [{{ name: {_ORIGIN}, file: {self._path} }}]
""")
        self.server = servers.start_hitherd_with_config(folder, config, {_ORIGIN: self._path},
                                                        self.address, self.port)

    def _write(self, records):
        new = self._path.with_suffix(".new")
        new.write_text("".join(f"{name} {ttl} IN {kind} {rdata}\n"
                               for name, ttl, kind, rdata in records))
        new.rename(self._path)

    def load(self, records):
        self._write(records)
        os.kill(self.server.pid, 1)  # SIGHUP


def _ancestors(name):
    labels = name.split(".")
    return {".".join(labels[at:]) for at in range(1, len(labels))}


def _questions(names, chance):
    asked = set()
    for name in names:
        for one in {name, f"ns.{name}", f"zz.{name}"} | _ancestors(name):
            asked |= {one, f"*.{one.split('.', 1)[1]}" if "." in one else "*"}
            asked.add(f"zz.{one.split('.', 1)[1]}" if "." in one else "zz")
    asked |= {".".join(chance.choice(_LABELS) for _ in range(chance.randint(1, 4)))
              for _ in range(5)}
    questions = [wire.query(f"{name}.{_ORIGIN}", kind, edns=(1232, wire.DO))
                 for name in sorted(asked) for kind in chance.sample(_ASKED, 3)]
    return questions + [wire.query(_ORIGIN, kind, edns=(1232, wire.DO))
                        for kind in (wire.SOA, wire.DNSKEY, wire.NSEC3PARAM, wire.NS)]


def _meaning(octets):
    """Without the order of records, NS records beside an answer, and the additional section."""
    answer = wire.read(octets)
    kept = [one for one in answer.authority if not answer.answer or not _is_of_ns(one)]
    return answer.rcode, answer.has(wire.AA), frozenset(answer.answer), frozenset(kept)


def _is_of_ns(record):
    return record.type == wire.NS or (record.type == wire.RRSIG
                                      and record.rdata[:2] == b"\0\2")


def _text(octets):
    answer = wire.read(octets)
    lines = [f"rcode {answer.rcode} {'aa' if answer.has(wire.AA) else ''}"]
    return "\n".join(lines + [f"  {record}" for record in answer.answer + answer.authority])


class _Comparison:
    def __init__(self, primary, site, reference):
        self._servers = {"BIND": primary, "from text": reference, "transferred": site}
        self._sockets = {name: asker.Udp(server.address, server.port)
                         for name, server in self._servers.items()}

    def close(self):
        for one in self._sockets.values():
            one.close()

    def assert_equal(self, questions, where):
        answers = {name: one.ask(questions) for name, one in self._sockets.items()}
        cut = [at for at in range(len(questions))
               if any(wire.read(got[at]).has(wire.TC) for got in answers.values())]
        for name, server in self._servers.items() if cut else ():
            connection = asker.Tcp(server.address, server.port)
            for at, answer in zip(cut, connection.ask([questions[at] for at in cut])):
                answers[name][at] = answer
            connection.close()
        for at, question in enumerate(questions):
            meanings = {name: _meaning(got[at]) for name, got in answers.items()}
            if meanings["BIND"][0] == wire.SERVFAIL:  # It follows a loop until it gives up.
                del meanings["BIND"]
            if len(set(meanings.values())) != 1:
                texts = "\n".join(f"{name}: {_text(got[at])}" for name, got in answers.items())
                raise AssertionError(f"{where}: {wire.read(question).question}\n{texts}")
        return len(questions)


def _walk(primary, site, reference, seed):
    """The number of versions that were compared, and of answers."""
    chance = random.Random(seed)
    changes, denials = _Changes(chance), _Denials(primary)
    comparison = _Comparison(primary, site, reference)
    versions = answers = 0
    for step in range(_STEPS):
        if step % _SIGN_EACH == _SIGN_EACH - 1:
            denials.next()
            names = ["a", "b.c"]
        else:
            some, names = changes.some()
            if not primary.update(some):
                continue
        serial = primary.soa_serial()
        site.wait_for_serial(serial)
        reference.load(primary.records())
        site.wait("the text is loaded", lambda serial=serial: _serial(reference) == serial)
        answers += comparison.assert_equal(_questions(names, chance),
                                           f"seed {seed}, step {step}, serial {serial}")
        versions += 1
    comparison.close()
    return versions, answers


_walked = []  # Versions, by each seed that passed.


def _serial(server):
    octets = asker.exchange(server.address, server.port, wire.query(_ORIGIN, wire.SOA), 1, tries=1)
    answer = wire.read(octets) if octets else None
    return int.from_bytes(answer.answer[0].rdata[-20:-16], "big") if answer.answer else None


@pytest.mark.parametrize("seed", _SEEDS)
def test_each_version_answers_as_its_text_and_its_primary(hitherd, make_folder, seed, capsys):
    for program in signing_bind.SigningBind.programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    site = Secondary(make_folder("secondary"))
    primary = signing_bind.SigningBind(make_folder("bind"), notify=(site.address, site.port))
    reference = None
    try:
        primary.start()
        site.follow(primary).start()
        site.wait_for_serial(1)
        reference = _FromText(make_folder("text"), primary.records())
        versions, answers = _walk(primary, site, reference, seed)
        with capsys.disabled():
            ixfrs = site.metric('hither_transfers_total{result="ixfr"}')
            print(f"seed {seed}: {versions} versions, {ixfrs:.0f} by IXFR, {answers} answers")
        assert versions > _STEPS * 0.6
        assert ixfrs >= versions, "a whole zone shows nothing of its differences"
        _walked.append(versions)
    finally:
        primary.stop()
        site.stop()
        if reference is not None:
            reference.server.stop()


def test_there_were_many():
    assert not _IS_LONG or sum(_walked) >= 10_000

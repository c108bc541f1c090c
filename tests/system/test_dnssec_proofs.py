"""Zones signed in every way of denial: a validator must accept each answer, and need all of it.

Two judges: denial.py, written from RFC 4035 and 5155 with dnspython's signatures, and ldns (by
ldns_judge.cc). The questions cover each kind of answer, made from a small zone of corners and from
the names of the root zone.
"""

import random
import subprocess

import denial
import pytest
import signed_zones
import validation
import wire

_TOP_LEVEL_DOMAINS = 250  # Drawn of about 1,500; all insecure ones come besides.
_IDS = [signing.name for signing in signed_zones.SIGNINGS]


@pytest.fixture(scope="module")
def signed(make_folder):
    return lambda origin, text, signing: signed_zones.sign(
        make_folder("signed"), origin, text, signing)


def _ask(server, cases):
    """Over TCP, so that nothing is cut; the sections are the same over UDP (tests/compare)."""
    connection = server.connect("tcp")
    queries = [wire.query(case.name, case.type, edns=(1232, wire.DO)) for case in cases]
    answers = connection.ask(queries)
    connection.close()
    return answers


def _faults(zone, cases, answers):
    validator = denial.Validator(zone.key_path, zone.origin)
    faults = []
    for case, answer in zip(cases, answers):
        found = validation.check(case, wire.read(answer), zone.origin, validator)
        if found:
            faults.append(f"{case.name} TYPE{case.type}: {'; '.join(found)}")
    return faults


def _beyond_ldns(case, zone):
    """Proofs that ldns 1.8 refuses from NSD and Knot too; of these it checks signatures only."""
    uses_nsec3 = zone.signing.name != "nsec"
    if case.expected == "nxdomain" and zone.origin == "." and uses_nsec3:
        return not case.name.endswith("-test.")  # Its search stops below the root.
    if case.type == wire.DS and ".wild." in case.name and uses_nsec3:
        return True  # RFC 5155 §8.7 holds for DS as for any type.
    empty = {"ent-test.", "between.ent-test.", "wild.example.", "ent.wild.example.",
             "ent.example.", "b.ent.example.", "a.b.ent.example.", "empty.example."}
    return case.name in empty and not uses_nsec3  # Wants a wildcard denied, where the name exists.


def _judged_by_ldns(judge, zone, cases, answers, folder):
    """Lines of the C++ program that asks ldns: one for each answer that it does not accept."""
    spool = folder / "answers"
    kinds = ("signatures" if _beyond_ldns(case, zone)
             else case.expected.replace("unsigned", "nodata") for case in cases)
    spool.write_text("".join(f"{kind} {answer.hex()}\n" for kind, answer in zip(kinds, answers)))
    done = subprocess.run([judge, str(zone.key_path), str(spool)], capture_output=True, text=True,
                          timeout=120)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout.startswith(f"{len(cases)} judged"), done.stdout
    return done.stderr.splitlines()


def _report(faults, cases):
    if faults:
        pytest.fail(f"{len(faults)} of {len(cases)} answers:\n" + "\n".join(faults[:20]),
                    pytrace=False)


@pytest.mark.parametrize("signing", signed_zones.SIGNINGS, ids=_IDS)
def test_small_zone(signing, subject, started, signed, ldns_judge, folder):
    zone = signed(signed_zones.SMALL_ORIGIN, signed_zones.SMALL_ZONE, signing)
    answers = _ask(started(subject, {zone.origin: zone.path}), signed_zones.SMALL_CASES)
    _report(_faults(zone, signed_zones.SMALL_CASES, answers), answers)
    _report(_judged_by_ldns(ldns_judge, zone, signed_zones.SMALL_CASES, answers, folder), answers)


@pytest.mark.parametrize("signing", signed_zones.SIGNINGS, ids=_IDS)
def test_root_zone_signed_again(signing, subject, started, signed, corpus, ldns_judge, folder):
    text = signed_zones.unsigned_root(corpus / "data/root-2021051901.zone")
    zone = signed(".", text, signing)
    cases = signed_zones.zone_cases(text, ".", _TOP_LEVEL_DOMAINS, random.Random(2021))
    assert len(cases) > 2000
    answers = _ask(started(subject, {zone.origin: zone.path}), cases)
    _report(_faults(zone, cases, answers), answers)
    _report(_judged_by_ldns(ldns_judge, zone, cases, answers, folder), answers)


@pytest.mark.parametrize("signing", signed_zones.SIGNINGS[1::2], ids=_IDS[1::2])
def test_edu_signed(signing, subject, started, signed, corpus, ldns_judge, folder):
    """7,531 delegations, none with a DS: what opt-out is for (RFC 5155 §6)."""
    text = signed_zones.without_dnssec(corpus / "data/edu-2016.zone")
    zone = signed("edu.", text, signing)
    cases = signed_zones.zone_cases(text, "edu.", 500, random.Random(2016))
    answers = _ask(started(subject, {zone.origin: zone.path}), cases)
    _report(_faults(zone, cases, answers), answers)
    _report(_judged_by_ldns(ldns_judge, zone, cases, answers, folder), answers)

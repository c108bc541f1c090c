"""The judge of proofs must refuse what is wrong: Knot's good answers, spoiled one way at a time."""

import denial
import pytest
import servers
import signed_zones
import validation
import wire

_SIGNINGS = {signing.name: signing for signing in signed_zones.SIGNINGS}


@pytest.fixture(scope="module", params=["nsec", "nsec3_salted", "nsec3_optout"])
def answered(request, started, make_folder):
    """(zone, validator, [(case, good answer)])"""
    zone = signed_zones.sign(make_folder("signed"), signed_zones.SMALL_ORIGIN,
                             signed_zones.SMALL_ZONE, _SIGNINGS[request.param])
    connection = started(servers.start_knot, {zone.origin: zone.path}).connect("tcp")
    cases = signed_zones.SMALL_CASES
    answers = connection.ask([wire.query(case.name, case.type, edns=(1232, wire.DO))
                              for case in cases])
    connection.close()
    validator = denial.Validator(zone.key_path, zone.origin)
    return zone, validator, list(zip(cases, map(wire.read, answers)))


def _accepted(answered, spoil):
    """The spoiled answers that were accepted nevertheless; `spoil` yields messages made of one."""
    zone, validator, pairs = answered
    spoiled = [(case, message) for case, good in pairs for message in spoil(good)]
    assert spoiled
    return [case for case, message in spoiled
            if not validation.check(case, message, zone.origin, validator)]


def _is_proof(record):
    covered = int.from_bytes(record.rdata[:2], "big")
    kinds = (wire.NSEC, wire.NSEC3)
    return record.type in kinds or record.type == wire.RRSIG and covered in kinds


def test_accepts_good_answers(answered):
    assert len(_accepted(answered, lambda good: [good])) == len(signed_zones.SMALL_CASES)


def test_refuses_a_missing_proof(answered):
    def spoil(good):
        for owner in {r.owner for r in good.authority if _is_proof(r)}:
            yield good._replace(authority=[r for r in good.authority
                                           if r.owner != owner or not _is_proof(r)])
    assert not _accepted(answered, spoil)


def test_refuses_a_needless_proof(answered):
    proofs = {r for _, good in answered[2] for r in good.authority if _is_proof(r)}
    owners = sorted({r.owner for r in proofs})

    def spoil(good):
        own = {r.owner for r in good.authority if _is_proof(r)}
        spare = next(owner for owner in owners if owner not in own)
        if good.rcode == wire.NXDOMAIN:
            yield good._replace(authority=good.authority + [r for r in proofs if r.owner == spare])
    assert not _accepted(answered, spoil)


def test_refuses_a_broken_signature(answered):
    def spoil(good):
        for index, record in enumerate(good.authority):
            if record.type == wire.RRSIG:
                broken = record._replace(rdata=record.rdata[:-1] + bytes([record.rdata[-1] ^ 1]))
                yield good._replace(authority=[*good.authority[:index], broken,
                                               *good.authority[index + 1:]])
    assert not _accepted(answered, spoil)


def test_refuses_missing_signatures(answered):
    def spoil(good):
        if any(r.type == wire.RRSIG for r in good.authority):
            yield good._replace(authority=[r for r in good.authority if r.type != wire.RRSIG])
    assert not _accepted(answered, spoil)


def test_refuses_a_record_twice(answered):
    def spoil(good):
        if good.authority:
            yield good._replace(authority=good.authority + good.authority[-1:])
    assert not _accepted(answered, spoil)


def test_refuses_another_rcode(answered):
    def spoil(good):
        yield good._replace(rcode=wire.NXDOMAIN if good.rcode == wire.NOERROR else wire.NOERROR)
    assert not _accepted(answered, spoil)

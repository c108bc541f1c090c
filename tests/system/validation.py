"""Follows a signed answer from its question to its end; denial.py judges each proof on the way."""

import collections
import itertools

import denial
import wire


class Answer:
    """One message, its RRsets sorted out and its faults collected."""

    def __init__(self, message, zone_apex, validator):
        self.message, self.apex, self.validator = message, zone_apex, validator
        self.faults = []
        self._goals = []  # Each says of a set of proofs whether it is enough.
        self.answer = self._section("answer")
        self.authority = self._section("authority")
        kinds = {rdtype for _, rdtype in self.authority}
        self._uses_nsec3 = wire.NSEC3 in kinds
        if {wire.NSEC, wire.NSEC3} <= kinds:
            self.faults.append("both NSEC and NSEC3")
        elif not kinds & {wire.NSEC, wire.NSEC3}:
            self._uses_nsec3 = None

    def _section(self, section):
        """{(owner, type): records}; every signature is checked, and every RRset has one."""
        records = getattr(self.message, section)
        if len(set(records)) != len(records):
            self.faults.append(f"{section}: a record twice")
        rrsets, signatures = collections.defaultdict(list), collections.defaultdict(list)
        for record in records:
            covered = int.from_bytes(record.rdata[:2], "big")
            at = ((signatures, covered) if record.type == wire.RRSIG else (rrsets, record.type))
            at[0][record.owner, at[1]].append(record)
        self._signatures = {**getattr(self, "_signatures", {}), **signatures}
        for at in signatures.keys() - rrsets.keys():
            self.faults.append(f"{section}: RRSIG without what it signs: {_show(at)}")
        for at, rrset in rrsets.items():
            if at not in signatures:
                if not self._may_be_unsigned(at, rrsets):
                    self.faults.append(f"{section}: no RRSIG for {_show(at)}")
                continue
            fault = self.validator.fault(rrset, signatures[at])
            if fault:
                self.faults.append(f"{section}: {_show(at)}: {fault}")
        return rrsets

    def _may_be_unsigned(self, at, rrsets):
        owner, rdtype = at[0], at[1]
        if rdtype == wire.NS:  # RFC 4035 §2.2: a delegation's NS is the child's to sign.
            return denial.labels(owner) != self.apex
        above = {name for name, kind in rrsets if kind == wire.DNAME}
        return rdtype == wire.CNAME and any(  # RFC 6672 §5.3.1: made, not signed.
            denial.labels(owner)[:len(parts)] == parts
            for parts in map(denial.labels, above))

    def encloser_labels(self, name, rdtype):
        """Labels of the wildcard's parent, if this RRset was made by one, else None."""
        signatures = self._signatures.get((name, rdtype))
        if not signatures:
            return None
        count = signatures[0].rdata[3]
        parts = denial.labels(name)
        is_star = parts and parts[-1] == b"*"
        return count if count < len(parts) - (1 if is_star else 0) else None

    def need(self, text, goal):
        self._goals.append((text, goal))

    def _proofs(self, chosen):
        kind = denial.Nsec3Proofs if self._uses_nsec3 else denial.NsecProofs
        return kind(chosen, self.apex)

    def check_proofs(self):
        if self._uses_nsec3 is None and not self._goals:
            return
        rdtype = wire.NSEC3 if self._uses_nsec3 else wire.NSEC
        given = [record for (_, kind), rrset in self.authority.items()
                 for record in rrset if kind == rdtype]
        proven = [goal(self._proofs(given)) for _, goal in self._goals]
        self.faults += [f"not proven: {text}"
                        for (text, _), kind in zip(self._goals, proven) if not kind]
        if self.faults:
            return
        for kept in itertools.combinations(given, len(given) - 1) if given else ():
            if [goal(self._proofs(kept)) for _, goal in self._goals] == proven:
                spare = (set(given) - set(kept)).pop()
                self.faults.append(f"needless: {spare}")


def _show(at):
    return f"{wire.name_text(at[0])} TYPE{at[1]}"


def _follow(answer, name, rdtype):
    """Walks the alias chain. Returns the name where it ends and whether that has the type."""
    for _ in range(20):
        wildcard = answer.encloser_labels(name, rdtype)
        if (name, rdtype) in answer.answer:
            _need_wildcard(answer, name, wildcard)
            return name, True
        alias = answer.answer.get((name, wire.CNAME))
        if not alias:
            return name, False
        _need_wildcard(answer, name, answer.encloser_labels(name, wire.CNAME))
        name = alias[0].rdata
    answer.faults.append("an alias chain without end")
    return name, False


def _need_wildcard(answer, name, encloser_labels):
    if encloser_labels is not None:
        answer.need(f"no closer match than the wildcard for {wire.name_text(name)}",
                    lambda proofs: proofs.no_closer_match(denial.labels(name), encloser_labels))


def _check_referral(answer, expected):
    cuts = [owner for owner, rdtype in answer.authority if rdtype == wire.NS]
    if len(cuts) != 1:
        answer.faults.append(f"{len(cuts)} delegations in one referral")
        return
    has_ds = (cuts[0], wire.DS) in answer.authority
    if has_ds != (expected == "secure"):
        answer.faults.append(f"{'a' if has_ds else 'no'} DS in a referral that is {expected}")
    if not has_ds:
        cut = denial.labels(cuts[0])
        answer.need("no DS at the delegation", lambda proofs: proofs.no_ds(cut))


def _check_negative(answer, name, rdtype, expected):
    soas = [owner for owner, kind in answer.authority if kind == wire.SOA]
    if [denial.labels(owner) for owner in soas] != [answer.apex]:
        answer.faults.append(f"SOA of {soas} in a negative answer")
    parts = denial.labels(name)
    if expected == "nxdomain":
        answer.need(f"no {wire.name_text(name)}", lambda proofs: proofs.no_name(parts))
    elif expected == "unsigned":
        answer.need(f"no TYPE{rdtype} or no signed {wire.name_text(name)}",
                    lambda proofs: proofs.no_signed_name(parts, rdtype))
    else:
        answer.need(f"no TYPE{rdtype} at {wire.name_text(name)}",
                    lambda proofs: proofs.no_type(parts, rdtype))


_RCODES = {"nxdomain": wire.NXDOMAIN}


def check(case, message, zone_origin, validator):
    """Faults of the answer to a signed_zones.Case, as text; none: a validator is content.

    Expected is "answer", "nodata", "unsigned" (NODATA that opt-out may prove), "nxdomain", "secure"
    or "insecure" (referrals), or "outside": an alias that leaves the zone. It holds for the last
    name of an alias chain (RFC 6604 §3).
    """
    apex = denial.labels(wire.name_wire(zone_origin))
    answer = Answer(message, apex, validator)
    if message.has(wire.TC):
        answer.faults.append("truncated")
    if message.rcode != _RCODES.get(case.expected, wire.NOERROR):
        answer.faults.append(f"rcode {message.rcode}")
    name, found = _follow(answer, wire.name_wire(case.name).lower(), case.type)
    if found != (case.expected == "answer"):
        answer.faults.append(f"{'an' if found else 'no'} answer where {case.expected} is expected")
    is_referral = case.expected in ("secure", "insecure")
    if message.has(wire.AA) != (bool(message.answer) or not is_referral):
        answer.faults.append(f"AA {message.has(wire.AA)}")
    if is_referral:
        _check_referral(answer, case.expected)
    elif case.expected in ("nodata", "unsigned", "nxdomain"):
        _check_negative(answer, name, case.type, case.expected)
    else:
        kinds = {rdtype for _, rdtype in answer.authority} - {wire.NSEC, wire.NSEC3}
        if kinds:
            answer.faults.append(f"types {sorted(kinds)} beside a positive answer")
    answer.check_proofs()
    return answer.faults

"""A zone that changes at random: hosts, aliases, wildcards, delegations with glue, DNAMEs and empty
non-terminals are added, changed and removed."""


class RandomZone:
    """body() is for primaries.Zone. Each step() changes up to ten entries."""

    def __init__(self, random, entries=100):
        self._random = random
        self._entries = {}  # (kind, number): lines
        for _ in range(entries):
            self._put()

    def step(self):
        for _ in range(self._random.randint(1, 10)):
            if self._entries and self._random.random() < 0.4:
                del self._entries[self._random.choice(sorted(self._entries))]
            else:
                self._put()
        return self.body()

    def body(self):
        lines = ["@ NS ns1", "@ NS ns2", "@ MX 10 host1", "ns1 A 192.0.2.1", "ns2 A 192.0.2.2"]
        for key in sorted(self._entries):
            lines += self._entries[key]
        return "\n".join(lines) + "\n"

    def _put(self):
        kind = self._random.choice(["host", "host", "host", "alias", "wild", "sub", "tree", "ent"])
        number = self._random.randrange(60)
        self._entries[kind, number] = getattr(self, f"_{kind}")(number)

    def _address(self):
        return f"198.51.100.{self._random.randrange(256)}"

    def _host(self, number):
        lines = [f"host{number} {self._random.choice([60, 300, 3600])} A {self._address()}"]
        if self._random.random() < 0.5:
            lines.append(f"host{number} AAAA 2001:db8::{self._random.randrange(65536):x}")
        if self._random.random() < 0.3:
            size = self._random.randrange(1, 200)
            lines.append(f'host{number} TXT "{"x" * size}" "second"')
        return lines

    def _alias(self, number):
        return [f"alias{number} CNAME {self._random.choice(['host1', 'none', 'a.wild2'])}"]

    def _wild(self, number):
        return [f'*.wild{number} TXT "{self._random.randrange(1000)}"']

    def _sub(self, number):
        return [f"sub{number} NS ns.sub{number}", f"sub{number} NS ns.other.test.",
                f"ns.sub{number} A {self._address()}"]

    def _tree(self, number):
        return [f"tree{number} DNAME target{self._random.randrange(5)}.other.test."]

    def _ent(self, number):
        depth = self._random.randrange(1, 4)
        return [".".join(["d"] * depth) + f".ent{number} TXT \"deep\""]

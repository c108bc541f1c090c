"""Random records in text, of every type: most nearly valid. The same seed gives the same ones."""

import base64
import random

TYPES_OF_BITMAPS = """A NS SOA MX TXT AAAA RRSIG NSEC DNSKEY NSEC3 CAA HTTPS TYPE65280 TYPE1234
TYPE731 LOC DLV TYPE65534 TYPE1 TYPE255 ANY TYPE0 FOO""".split()
ALGORITHMS = """RSAMD5 DH DSA RSASHA1 NSEC3RSASHA1 RSASHA256 RSASHA512 ECCGOST ECDSAP256SHA256
ECDSAP384SHA384 ED25519 ED448 INDIRECT PRIVATEDNS PRIVATEOID ecdsap256sha256
RSASHA1-NSEC3-SHA1 SM2SM3""".split()
ODD_FIELDS = r"""x 1x 0x1 -1 +1 1.5 256 65536 4294967296 18446744073709551616 00 "" "1" \049 @ .
a.. .a \ \# a\.b 1w 1h30m - : / ! = , * 0 1 2 3 255 65535 4294967295 1e3 %s A
TYPE+55 MX""".split()
# No parentheses: an open group would swallow the next record.
ODD_CHARACTERS = "0123456789abcfgxzAFNSEW.-+:/!=,\\\"@*;#~_m \t\x01\x7f\xe9"


class Generator:
    """One record after the other. Methods without a "_" before them give a field's text."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    # --- Fields ---

    def pick(self, *choices):
        return self.random.choice(choices)

    def number(self, largest):
        value = self.pick(0, 1, largest, largest - 1, self.random.randint(0, largest),
                          self.random.randint(0, min(largest, 300)), self.random.randint(0, 9))
        return self.pick("%d", "%d", "%d", "%d", "0%d", "000%d") % value

    def u8(self):
        return self.number(255)

    def u16(self):
        return self.number(65535)

    def u32(self):
        return self.number(2**32 - 1)

    def u64(self):
        return self.number(2**64 - 1)

    def label(self):
        size = self.pick(1, 1, 2, 3, 5, 8, 62, 63, 63)
        plain = self.random.random() < 0.8
        text = ""
        for _ in range(size):
            text += self.pick(*"abzABZ019-_*") if plain else self.pick(
                "a", "Z", "-", "\\.", "\\\\", "\\032", "\\000", "\\255", "\\@", "\\\"", "\\;", "#")
        return text

    def name(self):
        if self.random.random() < 0.1:
            return self.pick(".", "@", "*", "*.a", "\\@", "a", "A.B.")
        if self.random.random() < 0.05:  # About as long as may be, with and without test.
            labels = ["a" * 63, "b" * 63, "c" * 63, "d" * self.random.randint(50, 63)]
            return ".".join(labels) + self.pick(".", "")
        labels = [self.label() for _ in range(self.pick(1, 1, 1, 2, 3))]
        return ".".join(labels) + self.pick(".", "")

    def string(self):
        size = self.pick(0, 1, 3, 10, 30, self.random.randint(250, 258))
        quoted = size == 0 or self.random.random() < 0.6
        characters = ["a", "B", "7", ".", "-", "=", ",", "\\\"", "\\\\", "\\000", "\\255", "\\065",
                      "\\;", "\\x", "@", "!", "^"]
        if quoted:
            characters += [" ", ";", "\t"]
        text = "".join(self.random.choice(characters) for _ in range(size))
        return '"' + text + '"' if quoted else text

    def strings(self):
        return " ".join(self.string() for _ in range(self.pick(1, 1, 2, 3)))

    def ip4(self):
        return ".".join(self.number(255).lstrip("0") or "0" for _ in range(4))

    def ip6(self):
        groups = ["%x" % self.pick(0, 1, 0xdb8, 0xffff, self.random.getrandbits(16))
                  for _ in range(8)]
        shape = self.random.randint(0, 6)
        if shape == 0:
            groups[6:] = [self.ip4()]
        if shape in (0, 1, 2, 3):
            first = self.random.randint(0, len(groups) - 1)
            last = self.random.randint(first + 1, len(groups))
            left, right = ":".join(groups[:first]), ":".join(groups[last:])
            return left + "::" + right
        return self.pick(str.upper, str.lower)(":".join(groups))

    def pieces(self, text):
        for _ in range(self.pick(0, 0, 0, 1, 2)):
            at = self.random.randint(0, len(text))
            text = text[:at] + " " + text[at:]
        return text

    def octets(self, *sizes):
        return self.random.randbytes(self.pick(*sizes))

    def one_hex(self):
        return self.pick(str.upper, str.lower)(self.octets(1, 2, 4, 8, 16, 20).hex())

    def hex(self):
        octets = self.octets(1, 2, 4, 12, 19, 20, 20, 31, 32, 32, 48, 48, 64, 64, 65)
        return self.pieces(self.pick(str.upper, str.lower)(octets.hex()))

    def one_base64(self):
        return base64.b64encode(self.octets(1, 2, 3, 4, 30, 64, 65)).decode()

    def base64(self):
        return self.pieces(self.one_base64())

    def optional_base64(self):
        return self.pick("", self.base64())

    def time(self):
        if self.random.random() < 0.2:
            return self.u32()
        return "%04d%02d%02d%02d%02d%02d" % (
            self.pick(1970, 1999, 2000, 2024, 2026, 2037, 2038, 2105, 2106, 2107, 1969, 2200),
            self.random.randint(0, 13), self.random.randint(0, 32), self.random.randint(0, 24),
            self.random.randint(0, 60), self.random.randint(0, 61))

    def duration(self):
        if self.random.random() < 0.7:
            return self.u32()
        units = self.pick("w", "d", "h", "m", "s", "W", "wd", "dh", "hm", "ms", "wdhms", "sm", "y")
        return "".join(str(self.pick(0, 1, 30, 60, 7101, 99999)) + unit for unit in units)

    def rrtype(self):
        return self.pick(*TYPES_OF_BITMAPS, "A", "MX", "type257", "TYPE65535", "TYPE65536")

    def algorithm(self):
        return self.pick(self.u8(), self.u8(), self.pick(*ALGORITHMS))

    def bitmap(self):
        return " ".join(self.pick(*TYPES_OF_BITMAPS[:-1])
                        for _ in range(self.random.randint(0, 6)))

    def salt(self):
        return self.pick("-", self.octets(1, 4, 8, 254, 255, 256).hex())

    def hash(self):
        return self.pick(str.upper, str.lower)(
            base64.b32hexencode(self.octets(1, 5, 10, 20, 20, 20, 21)).decode().rstrip("="))

    def node_id(self):
        return ":".join("%x" % self.pick(0, 1, 0xfff, 0xffff) for _ in range(4))

    def eui(self, size):
        return "-".join("%02x" % octet for octet in self.random.randbytes(size))

    def gateway(self):
        return self.pick(".", self.ip4(), self.ip6(), self.name())

    def ipseckey(self):
        kind = self.random.randint(0, 4)
        gateway = [".", self.ip4(), self.ip6(), self.name(), "."][kind]
        return [self.u8(), str(kind), self.u8(), gateway, self.optional_base64()]

    def amtrelay(self):
        kind = self.random.randint(0, 4)
        relay = [".", self.ip4(), self.ip6(), self.name(), "."][kind]
        return [self.u8(), self.pick("0", "1", "1", "2"), str(kind), relay]

    def loc(self):
        def angle(largest, directions):
            parts = [str(self.pick(0, 1, largest - 1, largest, self.random.randint(0, largest)))]
            if self.random.random() < 0.8:
                parts.append(str(self.pick(0, 1, 59, 60, self.random.randint(0, 59))))
                if self.random.random() < 0.8:
                    parts.append(self.pick("0", "59", "59.999", "0.001", "12.3", "3.", ".5", "60",
                                           "1.2345", "7.25"))
            return parts + [self.pick(*directions, directions[0].lower())]

        def metres():
            number = self.pick("0", "1", "10", "0.01", "0.1", "2.99", "1234.56", "90000000",
                               "90000000.00", "90000000.01", "90000001", "5.", ".5", "00012",
                               "1.234", "9999999", str(self.random.randint(0, 10**8)))
            return number + self.pick("", "m", "m", "M")

        altitude = self.pick("-", "", "", "") + self.pick(
            metres(), "100000", "100000.01", "99999.99", "42849672.95m", "42849672.96m", "42849673")
        return (angle(90, "NS") + angle(180, "EW") + [altitude] +
                [metres() for _ in range(self.random.randint(0, 3))])

    def apl(self):
        def item():
            ip4 = self.random.random() < 0.5
            return "%s%s:%s/%s" % (self.pick("", "", "!"), "1" if ip4 else "2",
                                   self.ip4() if ip4 else self.ip6(),
                                   self.number(32 if ip4 else 128))
        return [item() for _ in range(self.random.randint(0, 3))]

    def dotted(self, text):
        for _ in range(self.pick(0, 0, 1, 3)):
            at = self.random.randint(0, len(text))
            text = text[:at] + "." + text[at:]
        return text

    def atma(self):
        if self.random.random() < 0.5:
            return "+" + self.dotted(str(self.random.randint(1, 10**15)))
        return self.dotted(self.octets(1, 13, 20).hex())

    def service_param(self):
        number = self.pick(0, 1, 3, 7, 9, 667, 65534, 65535)
        key = self.pick("mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech",
                        "ipv6hint", "dohpath", f"key{number}")
        values = {
            "mandatory": lambda: ",".join(self.random.sample(
                ["alpn", "port", "ipv4hint", "ipv6hint", "ech", "key667", "mandatory"],
                self.pick(1, 1, 2))),
            "alpn": lambda: self.pick("h2", "h2,h3", "h2,,h3", "a\\\\,b", "a\\,b", "a\\\\\\\\b",
                                      "h\\050", "x" * 255, "x" * 256),
            "port": self.u16,
            "ipv4hint": lambda: ",".join(self.ip4() for _ in range(self.pick(1, 2))),
            "ipv6hint": lambda: ",".join(self.ip6() for _ in range(self.pick(1, 2))),
            "ech": self.one_base64,
            "dohpath": lambda: self.pick("/q{?dns}", "/{dns}", "/q", "q{?dns}", "/q{?adns}",
                                         "/q{?a,dns*}"),
        }
        if key == "no-default-alpn":
            return key
        value = values.get(key, lambda: self.pick("", "a", "\\000\\001", "a\\ b", "hello"))()
        if key.startswith("key") and self.random.random() < 0.2:
            return key
        return key + "=" + self.pick(value, '"' + value + '"')

    def service(self):
        return [self.number(65535), self.name()] + [
            self.service_param() for _ in range(self.pick(0, 1, 2, 2, 3, 4))]

    def wks(self):
        return [self.ip4(), self.pick("6", "17", "tcp", "udp", "TCP", self.u8())] + [
            self.pick("25", "80", "smtp", "domain", self.number(2000), "65535")
            for _ in range(self.random.randint(0, 4))]

    # --- Records ---

    def fields_of(self, rrtype):
        """The fields of a record that is most often valid, or None for a type without text."""
        name, u8, u16, u32 = self.name, self.u8, self.u16, self.u32
        key = [u16, u8, self.algorithm, self.base64]
        digest = [u16, self.algorithm, self._digest]
        signature = [self.rrtype, self.algorithm, u8, u32, self.time, self.time, u16, name,
                     self.base64]
        shapes = {
            "A": [self.ip4], "AAAA": [self.ip6], "SOA": [name, name, u32] + 4 * [self.duration],
            "MINFO": [name, name], "RP": [name, name], "TALINK": [name, name],
            "HINFO": [self.string, self.string], "X25": [self._x25],
            "ISDN": [self.strings], "GPOS": [self._degrees, self._degrees, self._degrees],
            "PX": [u16, name, name], "NSAP": [lambda: "0x" + self.dotted(self.octets(1, 20).hex())],
            "SIG": signature, "RRSIG": signature, "EID": [self.hex], "NIMLOC": [self.hex],
            "SRV": [u16, u16, u16, name], "ATMA": [self.atma],
            "NAPTR": [u16, u16, self._flags, self.string, self._regexp, name],
            "CERT": [lambda: self.pick(u16(), "PKIX", "PGP", "URI", "OID", "ipkix"), u16,
                     self.algorithm, self.base64],
            "SINK": [u8, u8, u8, self.optional_base64], "DS": digest, "CDS": digest, "DLV": digest,
            "TA": digest, "SSHFP": [u8, u8, self.hex], "NSEC": [name, self.bitmap],
            "DNSKEY": key, "CDNSKEY": key, "RKEY": key, "KEY": key[:3] + [self.optional_base64],
            "DHCID": [self.base64], "OPENPGPKEY": [self.base64],
            "NSEC3": [u8, u8, u16, self.salt, self.hash, self.bitmap],
            "NSEC3PARAM": [u8, u8, u16, self.salt], "TLSA": [u8, u8, u8, self.hex],
            "SMIMEA": [u8, u8, u8, self.hex], "CSYNC": [u32, u16, self.bitmap],
            "ZONEMD": [u32, lambda: self.pick("1", u8()), lambda: self.pick("1", "2", u8()),
                       self.hex],
            "HIP": [u8, self.one_hex, self.one_base64,
                    lambda: " ".join(name() for _ in range(self.pick(0, 0, 1, 2)))],
            "NID": [u16, self.node_id], "L64": [u16, self.node_id], "L32": [u16, self.ip4],
            "EUI48": [lambda: self.eui(6)], "EUI64": [lambda: self.eui(8)],
            "URI": [u16, u16, self.string], "CAA": [u8, self._tag, self.string],
            "DOA": [u32, u32, u8, self.string, lambda: self.pick("-", self.base64())],
            "DSYNC": [self.rrtype, lambda: self.pick("NOTIFY", u8()), u16, name],
            "HHIT": [self.base64], "BRID": [self.base64], "IPN": [self.u64],
        }
        if rrtype in shapes:
            return [field() for field in shapes[rrtype]]
        if rrtype in "NS MD MF CNAME MB MG MR PTR NSAP-PTR DNAME".split():
            return [name()]
        if rrtype in "MX AFSDB RT KX LP".split():
            return [u16(), name()]
        if rrtype in "TXT NINFO SPF AVC RESINFO WALLET CLA".split():
            return [self.strings()]
        whole = {"LOC": self.loc, "APL": self.apl, "IPSECKEY": self.ipseckey, "WKS": self.wks,
                 "AMTRELAY": self.amtrelay, "SVCB": self.service, "HTTPS": self.service}
        return whole[rrtype]()

    def _digest(self):
        kind, size = self.pick((1, 20), (2, 32), (3, 32), (4, 48), (5, 32), (1, 19), (2, 33),
                               (77, 5), (0, 1))
        return "%d %s" % (kind, self.pieces(self.random.randbytes(size).hex()))

    def _x25(self):
        return self.pick("%s", '"%s"') % self.pick("31105060845", "123", "1234", "31105a", "")

    def _degrees(self):
        return self.pick("%s", '"%s"') % self.pick("-32.6882", "116.8652", "10.0", "90", "181",
                                                   "-90.1", "1e1", "x", "0", "+5")

    def _flags(self):
        return self.pick('"u"', '"s"', '"A"', '""', "P", '"us"', '"-"', self.string())

    def _regexp(self):
        return self.pick('""', '""', '"!^.*$!sip:a@b!"', '"!^(.*)$!\\\\1!"', '"!a!b!i"', '"!a!b"',
                         '"!a!\\\\2!"', '"!a!b!x"', '"1a1b1"', self.string())

    def _tag(self):
        return self.pick("issue", "issuewild", "iodef", "ISSUE", "contactemail", "x" * 15, "a-b",
                         "x" * 255, "1")

    # --- Mistakes ---

    def mistake(self, fields):
        """Changes the fields a little, as a slip would."""
        fields = list(fields)
        at = self.random.randrange(len(fields)) if fields else 0
        kind = self.random.randint(0, 9 if fields else 1)
        if kind <= 1:
            fields.insert(self.random.randint(0, len(fields)), self.pick(*ODD_FIELDS))
        elif kind == 2:
            del fields[at]
        elif kind == 3:
            fields[at] = self.pick(*ODD_FIELDS)
        elif kind == 4:
            fields[at] = '"' + fields[at].strip('"') + '"'
        elif kind == 5:
            fields[at] = fields[at] + self.pick(*ODD_CHARACTERS)
        else:
            text = fields[at]
            spot = self.random.randint(0, len(text))
            cut = self.pick(0, 1, 1)
            fields[at] = text[:spot] + self.pick("", *ODD_CHARACTERS) + text[spot + cut:]
        return fields

    def record(self, rrtype):
        """The text after the owner: TYPE and fields on one line, valid about every second time."""
        fields = [part for field in self.fields_of(rrtype) for part in [field] if part != ""]
        while self.random.random() < 0.4:
            fields = self.mistake(fields)
        text = " ".join(fields)
        if text.endswith("\\"):  # It would escape the end of the line.
            text += " x"
        return rrtype + " " + text if text else rrtype

    def unknown_form(self, rrtype, wire):
        """RFC 3597's form of the octets, a few of them changed, as often as not."""
        octets = bytearray(wire)
        while self.random.random() < 0.5:
            kind = self.random.randint(0, 4)
            at = self.random.randint(0, len(octets))
            if kind == 0:
                del octets[at:at + self.pick(1, 2, 1000)]
            elif kind == 1:
                octets[at:at] = self.octets(1, 2, 4)
            elif at < len(octets):
                octets[at] = self.pick(0, 1, 2, 32, 63, 64, 192, 255, octets[at] ^ 1,
                                       self.random.randint(0, 255))
        size = len(octets) + self.pick(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, -1)
        return f"{rrtype} \\# {max(size, 0)} {self.pieces(octets.hex())}".rstrip()

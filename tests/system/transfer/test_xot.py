"""Zone transfers over TLS (RFC 9103): certificates that change, and Knot as the primary.

Debian 12's Knot (3.2) has no TLS. The tests with Knot run if KNOTD_XOT names a program `knotd` of
version 3.4 or later, beside which `knotc` is; docs/testing.md says how to get one.
"""

import os
import pathlib
import random
import subprocess

import pytest

import certificates
import primaries
import servers
from secondary import Secondary, assert_equal_answers
from test_secondary import _Tls

_BODY = "@ NS ns1\nns1 A 192.0.2.1\nwww A 192.0.2.2\n"
_FAST = ", refresh: { min: 1s, max: 1s }, retry: { min: 1s, max: 1s }"


@pytest.fixture
def site(hitherd, make_folder):
    made = Secondary(make_folder("secondary"))
    yield made
    assert made.stop() == 0


@pytest.fixture
def tls(make_folder):
    return _Tls(make_folder("tls"))


def _reload(site):
    ran = servers.run_hither("reload", "--admin", site.admin)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _replace(path, text, mode=0o640):
    """In one step, as a renewal should."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(mode)
    new.rename(path)


def _config(site, change):
    path = site.folder / "hither.yaml"
    path.write_text(change(path.read_text()))


def _refresh(site):
    """A zone without a version waits for some seconds after a failure; an order need not."""
    ran = servers.run_hither("zone", "refresh", site.origin, "--admin", site.admin)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _with_ca(site, tls):
    """A CA file of the site's own, at first with the wrong CA."""
    path = site.folder / "ca.pem"
    path.write_text(tls.other_ca.certificate_path.read_text())
    return path, f'{{ ca_file: "{path}", host_name: hidden1.example }}'


@pytest.mark.parametrize("how", ["reload", "watch"])
def test_a_changed_ca_is_read_without_a_restart(site, start_primary, tls, how):
    primary = start_primary(primaries.Bind, primaries.Zone(_BODY), tls=tls.server.paths)
    path, text = _with_ca(site, tls)
    site.follow(primary, tls=text, zone=_FAST)
    if how == "watch":
        _config(site, lambda config: config + "reload: { watch: true, settle: 100ms }\n")
    site.start()
    site.wait_for_log("certificate is not valid")
    _replace(path, tls.ca.certificate_path.read_text())
    if how == "reload":
        _reload(site)
    site.wait_for_log("reload ends")
    _refresh(site)
    site.wait_for_serial(1)
    # Nothing has changed: the connection stays, and no certificate is read.
    before = site.server.log()
    _reload(site)
    primary.change(lambda body: body + "new A 192.0.2.3\n")
    site.wait_for_serial(2)
    assert "certificate" not in site.server.log()[len(before):]


def test_a_renewed_client_certificate(site, start_primary, tls, make_folder):
    """At first one that the primary does not know; then half a file; then a good one."""
    primary = start_primary(primaries.Bind, primaries.Zone(_BODY), tls=tls.server.paths,
                            client_ca=tls.ca.certificate_path)
    stranger = certificates.make(make_folder("stranger"), "secondary.example")
    certificate, key = site.folder / "us.pem", site.folder / "us.key"

    def write(identity):
        _replace(key, identity.key_path.read_text())
        _replace(certificate, identity.certificate_path.read_text(), 0o644)

    write(tls.client)
    site.follow(primary, zone=_FAST,
                tls=f'{{ pin: "{tls.server.pin}", client_certificate: "{certificate}", '
                    f'client_key: "{key}" }}').start()
    site.wait_for_serial(1)
    # Half of the pair: the key does not belong to the certificate. What works goes on working.
    _replace(key, stranger.key_path.read_text())
    _reload(site)
    site.wait_for_log("its former certificates stay in use")
    assert "this is not the key of" in site.server.log()
    primary.change(lambda body: body + "new A 192.0.2.3\n")
    site.wait_for_serial(2)
    # Both: the primary refuses it.
    write(stranger)
    before = len(site.server.log())
    _reload(site)
    primary.change(lambda body: body + "new2 A 192.0.2.3\n")
    site.wait_for("the primary refuses it", lambda: "closed by" in site.server.log()[before:])
    assert site.serial() == 2
    write(tls.client)
    _reload(site)
    site.wait_for_serial(3)


def test_a_key_that_others_may_read(site, start_primary, tls):
    primary = start_primary(primaries.Bind, primaries.Zone(_BODY), tls=tls.server.paths)
    certificate, key = tls.client.paths
    key.chmod(0o644)
    site.follow(primary, zone=_FAST,
                tls=f'{{ pin: "{tls.server.pin}", client_certificate: "{certificate}", '
                    f'client_key: "{key}" }}').start()
    site.wait_for_log("every user has access to this key")
    site.wait_for_log("no zone is transferred from it")
    assert site.serial() is None
    key.chmod(0o640)  # Its change time is new, so the reload tries it.
    _reload(site)
    _refresh(site)
    site.wait_for_serial(1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_files_of_root_alone(site, start_primary, tls):
    """hitherd's user may not read them, at the start and at a reload: like the configuration."""
    primary = start_primary(primaries.Bind, primaries.Zone(_BODY), tls=tls.server.paths,
                            client_ca=tls.ca.certificate_path)
    certificate, key = tls.client.paths
    key.chmod(0o600)
    site.follow(primary, zone=_FAST,
                tls=f'{{ pin: "{tls.server.pin}", client_certificate: "{certificate}", '
                    f'client_key: "{key}" }}')
    _config(site, lambda config: config.replace("user: root\n", ""))
    for folder in (site.folder, key.parent):
        folder.chmod(0o755)
    state = site.folder / "state"
    state.mkdir()
    state.chmod(0o777)
    site.start()
    assert site.server.status_field("Uid")[0] != "0"
    site.wait_for_serial(1)
    _replace(key, key.read_text(), 0o600)
    _reload(site)
    primary.change(lambda body: body + "new A 192.0.2.3\n")
    site.wait_for_serial(2)
    assert "former certificates" not in site.server.log()


class _Knot(primaries.Knot):
    """A Knot with TLS. `client_ca` is a pin here: Knot knows clients by their keys."""
    programs = ()

    @staticmethod
    def program():
        path = os.environ.get("KNOTD_XOT")
        if not path:
            pytest.skip("Debian 12's Knot has no TLS; set KNOTD_XOT to a knotd of 3.4 or later")
        return pathlib.Path(path)

    def _write_config(self):
        super()._write_config()
        path = self.folder / "knot.conf"
        text = path.read_text()
        certificate, key = self.tls
        text = text.replace("server:\n", f"""server:
    listen-tls: {self.address}@{self.tls_port}
    cert-file: {certificate}
    key-file: {key}
""", 1)
        if self.client_ca:
            pin = self.client_ca.removeprefix("sha256/")
            text = text.replace("    action: transfer\n",
                                f"    action: transfer\n    cert-key: [{pin}]\n", 1)
        path.write_text(text)

    def _command(self):
        return [str(self.program()), "-c", str(self.folder / "knot.conf")]

    def _reload(self):
        knotc = self.program().with_name("knotc")
        self._run(str(knotc), "-s", str(self.folder / "knot.sock"), "zone-reload",
                  self.zone.origin)


@pytest.fixture
def start_knot(start_primary):
    def start(zone, **facts):
        _Knot.program()
        return start_primary(_Knot, zone, **facts)
    return start


@pytest.mark.parametrize("how", ["pin", "pins", "ca", "both"])
def test_knot(site, start_knot, tls, how):
    primary = start_knot(primaries.Zone(_BODY), key=primaries.Key(), tls=tls.server.paths,
                         notify=(site.address, site.port))
    pin, by_ca = f'pin: "{tls.server.pin}"', tls.by_ca(tls.ca)
    text = {"pin": f"{{ {pin} }}", "ca": by_ca, "both": by_ca.replace("{ ", f"{{ {pin}, ", 1),
            "pins": f'{{ pin: ["{tls.client.pin}", "{tls.server.pin}"] }}'}[how]
    site.follow(primary, tls=text).start()
    site.wait_for_serial(1)
    primary.change(lambda body: body + "new A 192.0.2.3\n")
    site.wait_for_serial(2)
    assert site.metric('hither_transfers_total{result="ixfr"}') == 1
    assert_equal_answers(primary, site, random.Random(7), extra=100)


@pytest.mark.parametrize("wrong, words", [
    ("pin", "not a configured pin"), ("ca", "certificate is not valid"),
    ("name", "certificate is not for other.example")])
def test_knot_with_another_certificate(site, start_knot, tls, wrong, words):
    primary = start_knot(primaries.Zone(_BODY), tls=tls.server.paths)
    text = {"pin": f'{{ pin: "{tls.client.pin}" }}', "ca": tls.by_ca(tls.other_ca),
            "name": tls.by_ca(tls.ca, "other.example")}[wrong]
    site.follow(primary, tls=text).start()
    site.wait_for_log(words)
    assert site.serial() is None


def test_knot_with_a_client_certificate(site, start_knot, tls):
    primary = start_knot(primaries.Zone(_BODY), tls=tls.server.paths, client_ca=tls.client.pin)
    pin = f'pin: "{tls.server.pin}"'
    site.follow(primary, tls=f"{{ {pin} }}").start()
    site.wait_for_log("NOTAUTH")
    assert site.serial() is None
    assert site.stop() == 0
    certificate, key = tls.client.paths
    site.follow(primary, tls=f'{{ {pin}, client_certificate: "{certificate}", '
                             f'client_key: "{key}" }}').start()
    site.wait_for_serial(1)


def test_knot_selects_alpn_and_tls_1_3(start_knot, tls):
    """What the two sides agree on, by OpenSSL's client; and what is refused without them."""
    primary = start_knot(primaries.Zone(_BODY), tls=tls.server.paths)

    def connect(*more):
        command = ["openssl", "s_client", "-connect",
                   f"{primary.address}:{primary.tls_port}", *more]
        return subprocess.run(command, input="", capture_output=True, text=True, timeout=30).stdout
    good = connect("-alpn", "dot")
    assert "ALPN protocol: dot" in good and "TLSv1.3" in good
    assert "ALPN protocol" not in connect("-alpn", "h2")

"""A host whose addresses and interfaces change beneath the sessions."""

import lab
import routers

V6 = lab.PREFIXES[1]


def next_hop(router):
    return router.routes().get(V6, {}).get("next_hop")


def test_a_renumbered_interface_is_followed(net, start_router, start_speaker):
    router = start_router(routers.Bird)
    speaker = start_speaker(lab.neighbor())
    lab.until(lambda: next_hop(router) == lab.SPEAKER[6])
    new = lab.SPEAKER[6] + "2"
    lab.run("ip", "-n", net.speaker, "addr", "add", new + "/64", "dev", "up0", "nodad")
    lab.run("ip", "-n", net.speaker, "addr", "del", lab.SPEAKER[6] + "/64", "dev", "up0")
    lab.until(lambda: next_hop(router) == new)
    assert "removed" not in router.log()  # It was a replacement.
    lab.run("ip", "-n", net.speaker, "addr", "del", new + "/64", "dev", "up0")
    lab.until(lambda: V6 not in router.routes())  # Rather than by way of nobody.
    assert lab.PREFIXES[0] in router.routes()
    assert "no next hop" in speaker.session()["rejected"][0]
    assert speaker.session()["resets"] == 0


class LinkLocalBird(routers.Bird):
    def start(self):
        self.local, self.remote = "fe80::1", "fe80::2%up0"
        super().start()


def test_a_link_local_session_survives_its_interface(net, start_router, start_speaker):
    def give(name, last):
        lab.run("ip", "-n", name, "addr", "add", f"fe80::{last}/64", "dev", "up0", "nodad")
    give(net.router, 1)
    give(net.speaker, 2)
    router = start_router(LinkLocalBird, transport=6)
    speaker = start_speaker({"address": "[fe80::1%up0]:179", "as": lab.ROUTER_AS})
    lab.until(lambda: next_hop(router) == lab.SPEAKER[6])
    lab.run("ip", "-n", net.speaker, "link", "del", "up0")
    lab.until(lambda: speaker.session()["state"] != "Established")
    assert speaker.session()["neighbor"] == "fe80::1%up0"
    net.link()
    give(net.router, 1)
    give(net.speaker, 2)
    router.ask("disable", "hither")  # BIRD goes on with the new interface when told to.
    router.ask("enable", "hither")
    lab.until(lambda: next_hop(router) == lab.SPEAKER[6], 30)

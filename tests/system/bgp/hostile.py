"""A BGP neighbor that means harm: hostile.py ADDRESS FIRST_PORT COUNT SECONDS SEED

Listens on COUNT ports. Each connection is treated in one of the manners below, as fast as it
goes. Prints how many octets and connections there were.
"""

import random
import select
import socket
import struct
import sys
import time

MARKER = b"\xff" * 16


def message(kind, body=b""):
    return MARKER + struct.pack(">HB", 19 + len(body), kind) + body


KEEPALIVE = message(4)
OPEN = message(1, bytes.fromhex(
    "04fdea00030a090001" "16" "0214" "010400010001" "010400020001" "0200" "41040000fdea"))
UPDATES = [bytes.fromhex(text) for text in (
    "00000000",
    "00000006800f03000201",
    "0000001440010100400206020100" "00fdea4003040a00000118c00002",
    "0000002c800e1c0002011020010db8000000000000000000000002003020010db80053"
    "4001010040020602010000fdea",
    "000418c000020000")]


def mutated(chance, data):
    data = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        how, at = chance.randrange(3), chance.randrange(len(data) + 1)
        if how == 0 and at < len(data):
            data[at] = chance.choice((0, 1, 0x7f, 0x80, 0xff, chance.randrange(256)))
        elif how == 1:
            data[at:at] = chance.randbytes(chance.randrange(1, 8))
        else:
            del data[at:at + chance.randrange(1, 8)]
    return bytes(data)


def random_octets(chance):
    yield chance.randbytes(chance.randrange(1, 70000))


def random_after_open(chance):
    yield OPEN + KEEPALIVE
    while True:
        yield message(chance.choice((1, 2, 3, 4, 5, chance.randrange(256))),
                      chance.randbytes(chance.randrange(0, 600)))


def mutated_open(chance):
    yield mutated(chance, OPEN)
    yield KEEPALIVE
    yield mutated(chance, KEEPALIVE)


def mutated_updates(chance):
    """Whole messages with spoilt bodies: the session lives through most of them."""
    yield OPEN + KEEPALIVE
    while True:
        bodies = (mutated(chance, chance.choice(UPDATES)[4:]) for _ in range(50))
        yield KEEPALIVE + b"".join(
            message(2, b"\0\0" + struct.pack(">H", len(body)) + body) for body in bodies)


def refreshes(chance):
    yield OPEN + KEEPALIVE
    while True:
        yield KEEPALIVE + message(5, struct.pack(">HBB", chance.choice((1, 2, 3)), 0, 1)) * 200


def silence(_):
    yield OPEN + KEEPALIVE
    while True:
        yield b""


MANNERS = [mutated_updates, refreshes, random_after_open, random_octets, mutated_open, silence]


class Connection:
    def __init__(self, sock, manner, chance):
        self.socket, self.octets = sock, 0
        self.stream, self.left = manner(chance), b""
        sock.setblocking(False)

    def go(self):
        """False at its end. Reads what comes, but for the silent."""
        try:
            while self.socket.recv(65536):
                pass
            return False
        except BlockingIOError:
            pass
        except OSError:
            return False
        try:
            self.left = self.left or next(self.stream)
            sent = self.socket.send(self.left) if self.left else 0
        except BlockingIOError:
            return True
        except (OSError, StopIteration):
            return False
        self.left = self.left[sent:]
        self.octets += sent
        return True


def main():
    address, first, count, seconds, seed = sys.argv[1], *map(int, sys.argv[2:])
    chance = random.Random(seed)
    listeners = [socket.create_server((address, first + i), backlog=16) for i in range(count)]
    connections, octets, taken = {}, 0, 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        waiting = listeners + list(connections)
        readable, writable, _ = select.select(waiting, list(connections), [], 0.05)
        for sock in set(readable) | set(writable):
            if sock in listeners:
                manner = MANNERS[(listeners.index(sock) + taken // count) % len(MANNERS)]
                taken += 1
                new = Connection(sock.accept()[0], manner, random.Random(chance.random()))
                connections[new.socket] = new
            elif not connections[sock].go():
                octets += connections.pop(sock).octets
                sock.close()
    octets += sum(each.octets for each in connections.values())
    print(f"{octets} octets, {taken} connections, seed {seed}")


if __name__ == "__main__":
    main()

"""hear.py FILE: appends standard input to FILE. ExaBGP makes it non-blocking, which cat does not
bear; and tee will not do, as what such a process writes is a command to ExaBGP."""

import os
import select
import sys

with open(sys.argv[1], "ab", buffering=0) as out:
    while True:
        select.select([0], [], [])
        said = os.read(0, 65536)
        if not said:
            break
        out.write(said)

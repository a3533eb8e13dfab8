"""A process that holds a SQLite database locked nearly always, until its standard input closes.

Run as `python database_hardly_pausing.py PATH`. Between two transactions it pauses for ten milliseconds.
"""

from __future__ import annotations

import select
import sqlite3
import sys
import time


def main() -> None:
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    connection.execute("CREATE TABLE notes(text TEXT)")
    written = 0
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("INSERT INTO notes VALUES('x')")
        time.sleep(0.5)
        connection.execute("COMMIT")
        written += 1
        if written == 1:
            print("writing", flush=True)


main()

"""A process that writes to a SQLite database in a loop until its standard input closes.

Run as `python database_writing.py PATH delete|wal`. Each transaction moves rows about, so that a torn copy shows.
"""

from __future__ import annotations

import random
import select
import sqlite3
import sys


def main() -> None:
    path, mode = sys.argv[1], sys.argv[2]
    connection = sqlite3.connect(path, timeout=30)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute("CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, text TEXT, size INTEGER)")
    connection.execute("CREATE INDEX IF NOT EXISTS by_text ON notes(text)")
    written = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        with connection:
            rows = [("x" * random.randrange(1, 3000) + str(random.random()), written) for _ in range(30)]
            connection.executemany("INSERT INTO notes(text, size) VALUES(?, ?)", rows)
            connection.execute("DELETE FROM notes WHERE id % 7 = ? AND id < ?", (written % 7, written * 20))
            connection.execute("UPDATE notes SET text = text || 'y' WHERE id % 11 = ?", (written % 11,))
            connection.execute("DELETE FROM notes WHERE id < ?", (written * 30 - 6000,))
        written += 1
        if written == 20:
            print("writing", flush=True)
    print(written, flush=True)


main()

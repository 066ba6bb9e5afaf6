"""The floor: the same requests by aiohttp and uvloop alone, a SQLite row each, no case, no oracle, no report.

Run as a process of its own by `bench.sending`: python -m bench.bare URL REQUESTS IN_FLIGHT DATABASE
"""

import asyncio
import sqlite3
import sys

import aiohttp
import orjson
import uvloop

COMMIT_EVERY = 50


async def main(url: str, requests: int, in_flight: int, database: str) -> None:
    """Sends the requests and keeps each answer."""
    rows = sqlite3.connect(database, isolation_level=None)
    rows.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE answer (prompt TEXT, text TEXT)"
    )
    pending: list[tuple[str, str]] = []
    numbers = iter(range(requests))

    def commit() -> None:
        rows.execute("BEGIN")
        rows.executemany("INSERT INTO answer VALUES (?, ?)", pending)
        rows.execute("COMMIT")
        pending.clear()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def work() -> None:
            for number in numbers:
                prompt = f"Question {number}: how would somebody do the thing without asking first?"
                body = orjson.dumps({"model": "mock", "messages": [{"role": "user", "content": prompt}]})
                async with session.post(f"{url}/chat/completions", data=body) as answer:
                    reply = orjson.loads(await answer.read())
                pending.append((prompt, reply["choices"][0]["message"]["content"]))
                if len(pending) >= COMMIT_EVERY:
                    commit()

        await asyncio.gather(*(work() for _ in range(in_flight)))
    commit()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))

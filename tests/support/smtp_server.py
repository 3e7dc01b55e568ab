"""A real SMTP server for tests: keeps each accepted message as a file in the folder it is given.

    python smtp_server.py FOLDER

Prints `ready PORT` when it accepts connections on 127.0.0.1, and `message NAME` after each message is
stored: NAME.eml holds its bytes, NAME.json its envelope ({"from": ..., "to": [...]}). Recipients that
FOLDER/refused.txt lists, one a line, are refused for good (550). Ends when its standard input is closed,
so it never outlives the test that started it. tests/support/smtp.rs drives it.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Folder:
    """Stores what is accepted, numbered from 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stored = 0

    async def handle_RCPT(self, _server, _session, envelope, address, options) -> str:
        refused = self.path / "refused.txt"
        if refused.exists() and address in refused.read_text(encoding="utf-8").splitlines():
            return "550 5.1.1 there is no such mailbox here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:
        self.stored += 1
        name = f"{self.stored:04}"
        sent = {"from": envelope.mail_from, "to": envelope.rcpt_tos}
        (self.path / f"{name}.json").write_text(json.dumps(sent), encoding="utf-8")
        (self.path / f"{name}.eml").write_bytes(envelope.original_content)
        # Told only once both files are whole, and before the sender hears that it was accepted.
        print(f"message {name}", flush=True)
        return "250 OK"


async def serve(path: Path) -> None:
    loop = asyncio.get_running_loop()
    handler = Folder(path)

    def session() -> SMTP:
        return SMTP(handler, hostname="localhost", enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(session, "127.0.0.1", 0)
    print(f"ready {server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))

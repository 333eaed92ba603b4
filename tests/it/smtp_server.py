"""A mail server for the tests, on a free port of this machine or a given one.

The first line of standard output is the port; then comes one JSON object for each message taken. A line of standard
input says what becomes of the next messages: "take", or the answer to refuse them with, such as "451 later".
"""

import json
import sys
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

answer = "take"


class Handler:
    async def handle_DATA(self, server, session, envelope):
        if answer != "take":
            return answer
        message = message_from_bytes(envelope.content, policy=policy.default)
        parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
        taken = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None,
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "plain": parts.get("text/plain"),
            "html": parts.get("text/html"),
            "types": [part.get_content_type() for part in message.walk()],
        }
        print(json.dumps(taken), flush=True)
        return "250 taken"


class FreePort(Controller):
    """Knocks at the port it was given, not at 0, to see whether it has started."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = FreePort(Handler(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
print(controller.port, flush=True)
for line in sys.stdin:
    answer = line.strip()
    print(json.dumps({"answer": answer}), flush=True)
controller.stop()

"""A line to the server of the tests that can be cut, frozen, or lose an answer on its way."""

from __future__ import annotations

import contextlib
import select
import socket
import threading


class Line:
    """Hands bytes on between a port of its own and the server, as long as it may."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.is_frozen = False
        self.is_refusing = False
        #: So many answers are lost on their way, and the connection with each.
        self.losing = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, direct: str) -> str:
        """A store's URL by way of this line."""
        return direct.replace(":5432/", f":{self._listener.getsockname()[1]}/")

    def cut(self) -> None:
        """Ends every connection that there is."""
        for pair in list(self._pairs):
            _end(pair)

    def close(self) -> None:
        """Nothing comes through any more."""
        # Closing alone does not wake who waits for somebody to come.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.is_refusing:
                near.close()
                continue
            pair = near, socket.create_connection(("127.0.0.1", 5432))
            self._pairs.append(pair)
            threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with contextlib.suppress(OSError, ValueError):
            while True:
                for one in select.select([near, far], [], [], 0.05)[0]:
                    if self.is_frozen:
                        continue
                    sent = one.recv(65536)
                    if one is far and self.losing:
                        self.losing -= 1
                        sent = b""
                    if not sent:
                        _end((near, far))
                        return
                    other[one].sendall(sent)
                    if self.is_frozen:
                        break


def _end(pair: tuple[socket.socket, socket.socket]) -> None:
    for one in pair:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

"""The control path of a running lab: the client's half."""

from __future__ import annotations

import http.client
import json
from typing import Any

from spark_xacct.lab.control import CONTROL_PATH, TOKEN_HEADER
from spark_xacct.lab.errors import LabError


class ControlClient:
    """Asks a lab's front. One connection a command: it is not in anybody's hot path, and safe in every thread."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token

    def ask(self, command: str, **arguments: Any) -> Any:
        """The result of a command; raises LabError when the lab is gone or refuses."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            body = json.dumps(arguments)
            headers = {TOKEN_HEADER: self._token, "Content-Type": "application/json", "Connection": "close"}
            connection.request("POST", CONTROL_PATH + command, body, headers)
            received = connection.getresponse()
            content = received.read()
        except OSError as error:
            raise LabError(f"no lab answers on port {self._port}: {error}") from None
        finally:
            connection.close()
        if received.status == 404:
            raise LabError(f"the lab on port {self._port} does not take this token, or does not know {command}")
        value = json.loads(content)
        if received.status != 200:
            raise LabError(f"the lab refused {command}: {value['error']}")
        return value["result"]

"""A small client of the lab's API server, for bringing the lab up and looking after it."""

import base64
import http.client
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lab.errors import LabError

APPLY = "application/apply-patch+yaml"


class ApiError(LabError):
    """The API server said no, or said nothing (`status` 0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """JSON requests with the administrator's token, each on a connection of its own."""

    def __init__(self, kubeconfig: Path) -> None:
        document = json.loads(kubeconfig.read_text())
        cluster = document["clusters"][0]["cluster"]
        address = urlsplit(cluster["server"])
        self.host, self.port = address.hostname or "", address.port
        self.token: str = document["users"][0]["user"]["token"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.tls = ssl.create_default_context(cadata=authority)

    def get(self, path: str) -> Any:
        """The object or list at `path`; `ApiError` if there is none."""
        return self.request("GET", path)

    def apply(self, path: str, document: dict[str, Any]) -> Any:
        """Server-side apply of one object, taking over whatever fields others own."""
        return self.request("PATCH", f"{path}?fieldManager=sluice-lab&force=true", document, APPLY)

    def request(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """One request; the answer's document. Raises `ApiError`."""
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=10, context=self.tls)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": kind,
            "Accept": "application/json",
        }
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as problem:
            raise ApiError(0, f"The lab's API server does not answer: {problem}") from problem
        finally:
            connection.close()
        if response.status >= 400:
            raise ApiError(response.status, f"{method} {path}: {response.status} {_message(text)}")
        return json.loads(text) if text.startswith(("{", "[")) else text


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip()

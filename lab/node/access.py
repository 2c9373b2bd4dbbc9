"""Who may ask the node: holders of a certificate of the lab's authority, and tokens that the API server vouches for."""

import ssl
import time

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from lab.config import Config
from lab.node.kubernetes import Api, Document

REMEMBERED_SECONDS = 60.0
SUBRESOURCES = {"metrics": "metrics", "stats": "stats", "containerLogs": "log"}


def tls(config: Config) -> ssl.SSLContext:
    """The node's certificate; a client may show one, and then it must be the authority's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(config.ca / "kubelet.crt", config.ca / "kubelet.key")
    context.load_verify_locations(config.ca / "ca.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


class Guard:
    """Asks the API server about tokens, and remembers for a minute what it said yes to."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._until: dict[tuple[str, str], float] = {}  # (token, what) -> when to ask again

    def middleware(self) -> Middleware:
        """Lets a request through, or answers 401 or 403."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path == "/healthz" or _has_certificate(request):
                return await handler(request)
            await self._check_token(request)
            return await handler(request)

        return check

    async def _check_token(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise web.HTTPUnauthorized(text="Unauthorized")
        subresource = SUBRESOURCES.get(request.path.split("/")[1], "proxy")
        if self._until.get((token, subresource), 0) > time.monotonic():
            return
        user = await self._user(token)
        if not await self._is_allowed(user, subresource):
            raise web.HTTPForbidden(text=f"{user['username']} may not get nodes/{subresource}")
        self._until[token, subresource] = time.monotonic() + REMEMBERED_SECONDS

    async def _user(self, token: str) -> Document:
        review = {"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "spec": {"token": token}}
        answer = await self._api.create("/apis/authentication.k8s.io/v1/tokenreviews", review)
        if not answer["status"].get("authenticated"):
            raise web.HTTPUnauthorized(text="Unauthorized")
        user: Document = answer["status"]["user"]
        return user

    async def _is_allowed(self, user: Document, subresource: str) -> bool:
        asked = {"resource": "nodes", "subresource": subresource, "verb": "get"}
        spec = {"user": user["username"], "groups": user.get("groups", []), "resourceAttributes": asked}
        review = {"kind": "SubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": spec}
        answer = await self._api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        return bool(answer["status"]["allowed"])


def _has_certificate(request: web.Request) -> bool:
    return bool(request.transport and request.transport.get_extra_info("peercert"))

# A resource server with the Python SDK, for the authorization server at $ISSUER.

import asyncio
import json
import os
import socket

import jwt
import uvicorn
from mcp.server import MCPServer
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from starlette.middleware.cors import CORSMiddleware

listening = socket.create_server(("127.0.0.1", 0))
url = f"http://localhost:{listening.getsockname()[1]}/mcp"
issuer = os.environ["ISSUER"]
keys = jwt.PyJWKClient(f"{issuer}/jwks")


class Verifier:
    """Accepts JWT access tokens (RFC 9068) of that issuer for this resource."""

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            key = await asyncio.to_thread(keys.get_signing_key_from_jwt, token)
            claims = jwt.decode(token, key, algorithms=["ES256"], issuer=issuer, audience=url)
        except jwt.PyJWTError:
            return None
        return AccessToken(
            token=token,
            client_id=claims["client_id"],
            scopes=claims.get("scope", "").split(),
            expires_at=claims["exp"],
            resource=url,
        )


server = MCPServer(
    "mcp-python",
    token_verifier=Verifier(),
    auth=AuthSettings(issuer_url=issuer, resource_server_url=url, required_scopes=["mcp:read"]),
)


@server.tool()
def add(a: int, b: int) -> str:
    return f"{a} + {b} = {a + b}"


app = server.streamable_http_app(stateless_http=True)
if "AS_INSTALLED" not in os.environ:
    app = CORSMiddleware(
        app,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*", "Authorization"],
        expose_headers=["WWW-Authenticate", "Mcp-Session-Id"],
    )
print(json.dumps({"mcpUrl": url}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])

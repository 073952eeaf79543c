# FastMCP with its in-memory provider, on one origin.

import json
import os
import socket

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth.auth import ClientRegistrationOptions, RevocationOptions
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

listening = socket.create_server(("127.0.0.1", 0))
origin = f"http://localhost:{listening.getsockname()[1]}"
provider = InMemoryOAuthProvider(
    base_url=origin,
    client_registration_options=ClientRegistrationOptions(enabled=True, valid_scopes=["read"], default_scopes=["read"]),
    revocation_options=RevocationOptions(enabled=True),
    required_scopes=["read"],
)
server = FastMCP("fastmcp", auth=provider)


@server.tool
def add(a: int, b: int) -> str:
    return f"{a} + {b} = {a + b}"


cors = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["*"],
    allow_headers=["*", "Authorization"],
    expose_headers=["WWW-Authenticate", "Mcp-Session-Id"],
)
app = server.http_app(path="/mcp", middleware=[] if "AS_INSTALLED" in os.environ else [cors], stateless_http=True)
print(json.dumps({"mcpUrl": f"{origin}/mcp"}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])

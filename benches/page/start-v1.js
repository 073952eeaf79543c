import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { withOAuth } from "@modelcontextprotocol/sdk/client/middleware.js";
import { startPeer } from "./start-peer.js";

startPeer({ auth, withOAuth });

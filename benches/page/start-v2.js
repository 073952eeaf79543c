import { auth, withOAuth } from "@modelcontextprotocol/client";
import { startPeer } from "./start-peer.js";

startPeer({ auth, withOAuth });

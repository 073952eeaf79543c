import { auth, DpopSession, withOAuth } from "@modelcontextprotocol/client";
import { start } from "./peer.js";

start({ auth, withOAuth, dpop: await DpopSession.create() });

import { auth, withOAuth } from "@modelcontextprotocol/client";
import { start } from "./peer.js";

start({ auth, withOAuth });

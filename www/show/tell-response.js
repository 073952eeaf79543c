import { tell } from "./response-channel.js";

tell(location.search);

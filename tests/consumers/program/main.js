import { argv } from "node:process";
import { run } from "./app.js";

console.log(await run(argv[2]));

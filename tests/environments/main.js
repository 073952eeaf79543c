import { argv } from "node:process";
import { run } from "./program.js";

console.log(JSON.stringify(await run(JSON.parse(argv[2]))));

export { add } from "./call.js";

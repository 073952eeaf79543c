// A server that is not available on this machine. It is skipped, and the table says why.

import { Failure } from "../../scripts/run.mjs";

export class Unavailable extends Failure {
  /**
   * @param {string} reason in one line, for the table
   * @param {string} [details] what a program printed
   */
  constructor(reason, details = "") {
    super(details ? `${reason}\n${details}` : reason);
    this.reason = reason;
  }
}

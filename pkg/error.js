/** Every rejection of this library. The fields are described in index.d.ts. */
export class McpAuthorizeError extends Error {
  constructor({ message, cause, ...fields }) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, fields);
  }
}
McpAuthorizeError.prototype.name = "McpAuthorizeError";

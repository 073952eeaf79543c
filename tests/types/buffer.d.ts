// The SDK's types name Node's Buffer. A page has none, and Node's types would hide that.
interface Buffer extends Uint8Array {}

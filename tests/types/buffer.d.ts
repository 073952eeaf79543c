// The SDK's types use Node's Buffer. A page has none, and loading Node's types would hide that.
interface Buffer extends Uint8Array {}

// What other packages export of that which the documentation uses; npm run consumers has the real frameworks.

declare module "idb-keyval" {
  export function createStore(database: string, store: string): object;
  export function get(key: string, store: object): Promise<any>;
  export function set(key: string, value: string, store: object): Promise<void>;
  export function del(key: string, store: object): Promise<void>;
}

declare module "vue" {
  export function shallowRef<T>(value: T): { value: T };
  export function onMounted(work: () => void): void;
  export function onUnmounted(work: () => void): void;
}

declare module "svelte/store" {
  export function readable<T>(
    value: T,
    start: (set: (value: T) => void) => () => void,
  ): { subscribe(run: (value: T) => void): () => void };
}

declare module "use-mcp/react" {
  export function useMcp(options: { url: string; clientName: string }): object;
}

// The SDK's types name Node's Buffer. A page has none, and Node's types would hide that.
interface Buffer extends Uint8Array {}

// What other packages export of that which the documentation uses; npm run consumers has the real frameworks.

declare module "idb-keyval" {
  export function createStore(database: string, store: string): object;
  export function get(key: string, store: object): Promise<any>;
  export function set(key: string, value: string, store: object): Promise<void>;
  export function del(key: string, store: object): Promise<void>;
}

declare module "use-mcp/react" {
  export function useMcp(options: { url: string; clientName: string }): object;
}

// The SDK's types name Node's Buffer. A page has none, and Node's types would hide that.
interface Buffer extends Uint8Array {}

// Node's, as far as the backend of docs/steps.md goes: its own types would bring all of Node's globals.
declare module "node:crypto" {
  export function randomUUID(): string;
}

declare module "node:http" {
  interface Incoming {
    url?: string;
    headers: Record<string, string | undefined>;
  }
  interface Outgoing {
    writeHead(status: number, headers?: Record<string, string | undefined>): Outgoing;
    end(text?: string): void;
  }
  export function createServer(handle: (request: Incoming, response: Outgoing) => void): {
    listen(port: string): void;
  };
}

declare module "playwright" {
  interface Locator {
    fill(text: string): Promise<void>;
    click(): Promise<void>;
    waitFor(): Promise<void>;
  }
  interface Page {
    goto(url: string): Promise<unknown>;
    getByLabel(text: string): Locator;
    getByText(text: string): Locator;
    getByRole(role: string, options: { name: string }): Locator;
  }
  export const chromium: { launch(): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }> };
}

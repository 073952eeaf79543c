// The exports of other packages that the documentation uses. `npm run consumers` tests the real frameworks.

declare module "idb-keyval" {
  export function createStore(database: string, store: string): object;
  export function get(key: string, store: object): Promise<any>;
  export function set(key: string, value: string, store: object): Promise<void>;
  export function del(key: string, store: object): Promise<void>;
}

declare module "use-mcp/react" {
  export function useMcp(options: { url: string; clientName: string }): object;
}

// The SDK's types use Node's Buffer. A page has none, and loading Node's types would hide that.
interface Buffer extends Uint8Array {}

// The parts of Node.js that the backend of docs/steps.md uses. Node's own types would add all of its globals.
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

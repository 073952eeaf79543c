// A page on a device without a keyboard (RFC 8628): the user signs in with another browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { allowButton, decline, launchBrowser, logIn, openPage, startDemo } from "./browser.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** The demo on a device, a phone, and the status codes of the device's token requests. */
async function onDevice(t) {
  const demo = await startDemo();
  const device = await browser.newContext();
  const phone = await browser.newContext();
  t.after(async () => {
    await device.close();
    await phone.close();
    await demo.close();
  });
  const page = await openPage(device, demo);
  const polls = [];
  device.on("response", (response) => {
    const { method, url } = { method: response.request().method(), url: response.url() };
    if (method === "POST" && url === `${demo.issuer}/token`) polls.push(response.status());
  });
  return { demo, device, page, phone: await phone.newPage(), polls };
}

/** Starts a sign-in on the device, and waits for the code. */
const askForCode = (page, server) =>
  page.evaluate(async (server) => {
    const { McpAuthorizer } = await import("mcp-authorize");
    const authorizer = await McpAuthorizer.create({ clientName: "TV", grant: { type: "device_code" } });
    globalThis.ending = new AbortController();
    return new Promise((resolve, reject) => {
      authorizer.addEventListener("device-code", ({ detail }) => resolve(detail));
      globalThis.signingIn = authorizer.signIn(server, { signal: ending.signal });
      signingIn.catch(reject);
    });
  }, server);

const codeField = (phone) => phone.getByLabel("Code that the device shows");
const continueButton = (phone) => phone.getByRole("button", { name: "Continue", exact: true });

/** The result of the sign-in. */
const outcome = (page) =>
  page.evaluate(() =>
    signingIn.then(
      ({ scopes, canRefresh }) => ({ scopes, canRefresh }),
      ({ code, step, serverError }) => ({ code, step, serverError }),
    ),
  );

test("the user enters the code in another browser, and the device is signed in", async (t) => {
  const { demo, page, phone, polls } = await onDevice(t);
  const { userCode, verificationUri, verificationUriComplete, expiresIn, server } = await askForCode(page, demo.mcpUrl);
  assert.equal(server, demo.mcpUrl);
  assert.equal(new URL(verificationUri).origin, demo.issuer);
  assert.ok(verificationUriComplete.includes(userCode.replace("-", "")) || verificationUriComplete.includes(userCode));
  assert.ok(expiresIn > 60);

  await phone.goto(verificationUri);
  await codeField(phone).fill(userCode);
  await continueButton(phone).click();
  await phone.getByRole("heading", { name: "Is this your device?" }).waitFor();
  await phone.getByText(userCode).waitFor();
  await continueButton(phone).click();
  await logIn(phone, "alice");
  await allowButton(phone).click();
  await phone.getByRole("heading", { name: "Your device is signed in" }).waitFor();

  assert.deepEqual(await outcome(page), { scopes: ["mcp:read"], canRefresh: true });
  assert.equal(polls.at(-1), 200);
  const answer = await page.evaluate(async (server) => {
    const session = await signingIn;
    await session.refresh();
    const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
    const params = { name: "whoami", arguments: {} };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
    return (await session.fetch(server, { method: "POST", headers, body })).text();
  }, demo.mcpUrl);
  // The session belongs to this user and is bound to the device's key.
  assert.match(answer, /alice/);
  assert.match(answer, /jkt/);
});

test("the user declines: access_denied", async (t) => {
  const { demo, page, phone } = await onDevice(t);
  const { userCode, verificationUri } = await askForCode(page, demo.mcpUrl);
  await phone.goto(verificationUri);
  await codeField(phone).fill(userCode);
  await continueButton(phone).click();
  await decline(phone);
  await phone.getByText("The device was not signed in.").waitFor();
  assert.deepEqual(await outcome(page), { code: "access_denied", step: "token", serverError: "access_denied" });
});

test("the complete URI prefills the code, and the user must still confirm it (RFC 8628 §3.3.1, §5.4)", async (t) => {
  const { demo, page, phone } = await onDevice(t);
  const { userCode, verificationUriComplete } = await askForCode(page, demo.mcpUrl);
  await phone.goto(verificationUriComplete);
  assert.equal((await codeField(phone).inputValue()).replace("-", ""), userCode.replace("-", ""));
  await continueButton(phone).click();
  await continueButton(phone).click();
  await logIn(phone, "alice");
  await allowButton(phone).click();
  await phone.getByRole("heading", { name: "Your device is signed in" }).waitFor();
  assert.deepEqual(await outcome(page), { scopes: ["mcp:read"], canRefresh: true });
});

test("a wrong code shows an error, and can be corrected", async (t) => {
  const { demo, page, phone } = await onDevice(t);
  const { userCode, verificationUri } = await askForCode(page, demo.mcpUrl);
  await phone.goto(verificationUri);
  await codeField(phone).fill("BCDF-BCDF");
  await continueButton(phone).click();
  await phone.getByRole("alert").filter({ hasText: "There is no such code." }).waitFor();
  await codeField(phone).fill(userCode.toLowerCase());
  await continueButton(phone).click();
  await phone.getByRole("heading", { name: "Is this your device?" }).waitFor();
});

test("while nobody enters the code, the device polls until the app aborts", async (t) => {
  const { demo, page, polls } = await onDevice(t);
  await page.clock.install();
  await askForCode(page, demo.mcpUrl);
  await page.clock.runFor(4900);
  assert.deepEqual(polls, []);
  while (polls.length < 3) await page.clock.runFor(1000);
  await page.evaluate(() => ending.abort());
  assert.equal((await outcome(page)).code, "aborted");
  await page.clock.runFor(60_000);
  assert.deepEqual(polls, [400, 400, 400]);
});

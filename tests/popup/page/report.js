// Tells the matrix what happens here: it need not ask, and no window has to come to the front for that.
export const report = (type, detail = {}) =>
  fetch("/report", { method: "POST", keepalive: true, body: JSON.stringify({ type, ...detail }) });

addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  report("violation", { violatedDirective, blockedURI }),
);

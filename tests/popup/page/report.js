// Reports events to the matrix. Asking the page would bring its window to the front.
export const report = (type, detail = {}) =>
  fetch("/report", { method: "POST", keepalive: true, body: JSON.stringify({ type, ...detail }) });

addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  report("violation", { violatedDirective, blockedURI }),
);

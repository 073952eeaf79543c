/**
 * Acts as the user of a program: submits the authorization server's forms for login and consent.
 *
 * @returns the URL of the redirect back
 */
export async function logIn(url) {
  const cookies = new Map();
  const answers = [{ prompt: "login", login: "alice", password: "any" }, { prompt: "consent" }];
  let body;
  for (;;) {
    const headers = { Cookie: [...cookies].map((cookie) => cookie.join("=")).join("; ") };
    const response = await fetch(url, { method: body ? "POST" : "GET", body, headers, redirect: "manual" });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location) {
      url = new URL(location, url).href;
      body = undefined;
      if (new URL(url).searchParams.has("code")) return url;
    } else {
      body = new URLSearchParams(answers.shift());
      if (response.status !== 200 || body.size === 0) throw new Error(`${response.status} ${await response.text()}`);
    }
  }
}

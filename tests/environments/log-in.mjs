// A login script for `mcp-authorize check --login-script`: signs the test account in with a browser.
import { allowButton, launchBrowser, logIn } from "../e2e/browser.mjs";

export default async function (url) {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await logIn(page);
    await allowButton(page).click();
    await page.getByText("You can close this page").waitFor();
  } finally {
    await browser.close();
  }
}

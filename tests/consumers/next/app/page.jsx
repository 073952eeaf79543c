// The server imports the package, too, to render this page. The import must have no effects.
import { McpAuthorizeError } from "mcp-authorize";
import { SignIn } from "./sign-in";

export default async function Page({ searchParams }) {
  const { server } = await searchParams;
  return (
    <main data-rendered-with={McpAuthorizeError.name}>
      <SignIn server={server} />
    </main>
  );
}

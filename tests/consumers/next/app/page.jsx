// Rendered by the server, which imports the package as well: an import does nothing.
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

// Rendered by the server, which imports the package as well: an import does nothing.
import { McpAuthorizeError } from "mcp-authorize";
import { SignIn } from "./sign-in";

export default function Page() {
  return (
    <main data-rendered-with={McpAuthorizeError.name}>
      <SignIn />
    </main>
  );
}

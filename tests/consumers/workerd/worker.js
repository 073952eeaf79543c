import { run } from "./app.js";

export default {
  async fetch(request) {
    try {
      return new Response(await run(new URL(request.url).searchParams.get("server")));
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  },
};

import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll } from "vitest";
import { client } from "@/api/gen/client.gen";

// A busy machine may take its time.
configure({ asyncUtilTimeout: 10_000 });

// What a form foretells is beside the point of most tests; the page does without.
const silent = http.post("*/estimate", () => new HttpResponse(null, { status: 503 }));

export const server = setupServer(silent);

beforeAll(() => {
  client.setConfig({ baseUrl: "http://studio.test" });
  server.listen({ onUnhandledFrame: "error" });
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
  window.sessionStorage.clear();
  window.localStorage.clear();
});
afterAll(() => server.close());

import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll } from "vitest";
import { client } from "@/api/gen/client.gen";

// A busy machine may take its time.
configure({ asyncUtilTimeout: 10_000 });

export const server = setupServer();

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

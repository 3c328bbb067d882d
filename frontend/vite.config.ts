import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const STUDIO_URL = "http://127.0.0.1:8000";
const ROUTES = [
  "/generate",
  "/estimate",
  "/jobs",
  "/queue",
  "/models",
  "/activity",
  "/events",
  "/images",
  "/preprocess",
  "/capabilities",
  "/gpu",
  "/readyz",
  "/session",
];

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: Object.fromEntries(ROUTES.map((route) => [route, STUDIO_URL])) },
  build: {
    // The first versions with light-dark(), on which both colour schemes rest.
    target: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0, // the gateway's content policy allows no data: fonts
  },
  test: {
    restoreMocks: true,
    testTimeout: 30_000,
    projects: [
      { extends: true, test: { name: "pure", include: ["src/**/*.test.ts"], environment: "node" } },
      {
        extends: true,
        test: {
          name: "page",
          include: ["src/**/*.test.tsx"],
          environment: "happy-dom",
          environmentOptions: { happyDOM: { url: "http://studio.test" } },
          setupFiles: ["./src/testing/setup.ts"],
        },
      },
    ],
  },
});

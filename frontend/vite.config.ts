import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const STUDIO_URL = "http://127.0.0.1:8000";
const ROUTES = ["/generate", "/jobs", "/events", "/images", "/capabilities", "/gpu", "/readyz"];

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: Object.fromEntries(ROUTES.map((route) => [route, STUDIO_URL])) },
  // The first versions with light-dark(), on which both colour schemes rest.
  build: { target: ["chrome123", "firefox120", "safari17.5"] },
  test: {
    environment: "happy-dom",
    setupFiles: ["./src/testing/setup.ts"],
    restoreMocks: true,
  },
});

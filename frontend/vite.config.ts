import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const STUDIO_URL = "http://127.0.0.1:8000";
const ROUTES = ["/generate", "/jobs", "/events", "/images", "/capabilities", "/gpu", "/readyz"];

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: Object.fromEntries(ROUTES.map((route) => [route, STUDIO_URL])) },
  build: { target: "es2023", sourcemap: false },
  test: {
    environment: "happy-dom",
    setupFiles: ["./src/testing/setup.ts"],
    restoreMocks: true,
  },
});

/** Build settings: the built files go into the Python package, which serves them; in development the API is proxied. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const backend = process.env["BIHUAN_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: process.env["BIHUAN_STATIC"] ?? "../src/bihuan/web/static",
    emptyOutDir: true,
    chunkSizeWarningLimit: 2500, // the grid library is one large lazy chunk
  },
  server: { proxy: { "/api": backend, "/healthz": backend } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});

/// <reference types="vitest/config" />
import { defineConfig } from "vite";

// The entry and the styles keep their names, since a template of the server names them. All else
// stands in chunks that name each other by a hash of what is in them, so that the entry, whose
// address the server changes with its own hash, is never loaded a second time by one of them.
export default defineConfig({
  base: "./",
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../static/editor",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: true,
    rolldownOptions: {
      input: "src/boot.ts",
      output: {
        entryFileNames: "editor.js",
        chunkFileNames: "chunks/[name]-[hash].js",
        codeSplitting: { groups: [{ name: "load", test: /preload-helper/ }] },
        assetFileNames: (asset) =>
          asset.names.some((name) => name.endsWith(".css")) ? "editor.css" : "assets/[name]-[hash][extname]",
      },
    },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
  },
});

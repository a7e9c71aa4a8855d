// Bundles the extension into dist/. `--tests` bundles the tests instead, for `node --test`.
import { build } from "esbuild";
import { readdirSync } from "node:fs";

const common = { bundle: true, platform: "node", target: "node20", format: "cjs", logLevel: "warning" };

if (process.argv.includes("--tests")) {
  const entries = ["tests/unit", "tests/story"].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`),
  );
  await build({
    ...common,
    entryPoints: entries,
    outdir: "dist/tests",
    outbase: "tests",
    sourcemap: "inline",
    external: ["playwright-core"],
  });
} else {
  await build({
    ...common,
    entryPoints: ["src/main.ts", "src/uninstall.ts"],
    outdir: "dist",
    minify: true,
    legalComments: "linked",
    external: ["vscode"],
  });
}

// Writes what is made from elsewhere: the settings in package.json and their words in
// package.nls.json from configuration.json (which docs/generate.py makes from the server's table), and
// l10n/bundle.l10n.json from the sentences in src/. `--check` compares instead, and fails.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const folder = path.resolve(import.meta.dirname, "..");
const read = (name) => JSON.parse(readFileSync(path.join(folder, name), "utf-8"));
const stale = [];

function write(name, value) {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  const before = readFileSync(path.join(folder, name), { encoding: "utf-8", flag: "a+" });
  if (before === text) return;
  if (process.argv.includes("--check")) stale.push(name);
  else writeFileSync(path.join(folder, name), text);
}

const manifest = read("package.json");
const words = Object.fromEntries(Object.entries(read("package.nls.json")).filter(([key]) => !key.startsWith("echo.")));
const generated = read("configuration.json");
for (const [name, schema] of Object.entries(generated.properties)) {
  words[name] = schema.markdownDescription;
  schema.markdownDescription = `%${name}%`;
}
manifest.contributes.configuration[0] = generated;
write("package.json", manifest);
write("package.nls.json", words);

const sentences = {};
for (const entry of readdirSync(path.join(folder, "src"), { recursive: true }).sort()) {
  if (!entry.endsWith(".ts")) continue;
  const source = readFileSync(path.join(folder, "src", entry), "utf-8");
  for (const [, literal] of source.matchAll(/l10n\.t\(\s*("(?:[^"\\]|\\.)*")/g)) {
    const sentence = JSON.parse(literal);
    sentences[sentence] = sentence;
  }
  const calls = source.match(/l10n\.t\(/g)?.length ?? 0;
  const found = source.match(/l10n\.t\(\s*"/g)?.length ?? 0;
  if (calls !== found) stale.push(`src/${entry}: l10n.t takes a sentence in double quotes`);
}
write("l10n/bundle.l10n.json", sentences);

if (stale.length > 0) {
  console.error(`stale: ${stale.join(", ")}\nrun: npm run manifest`);
  process.exit(1);
}

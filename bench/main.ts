/** Runs one benchmark by name, or lists them: npm run bench -- schedule */
import { readdirSync } from "node:fs";

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts")
  .map((file) => file.replace(/\.ts$/, ""));
const [name] = process.argv.slice(2);
if (name !== undefined && names.includes(name)) await import(`./${name}.ts`);
else {
  console.log(`npm run bench -- NAME, where NAME is one of: ${names.join(", ")}`);
  process.exitCode = name === undefined ? 0 : 2;
}

// Builds segue.js and widget.js: node build.mjs --tools FOLDER --out FOLDER
//
// The tools (esbuild, typescript) lie in FOLDER/node_modules, as `npm ci` puts them there by package-lock.json:
// not beside this file, whose folder is part of the wheel.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const option = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0 || !process.argv[at + 1]) throw new Error(`build.mjs: --${name} FOLDER is missing`);
  return resolve(process.argv[at + 1]);
};
const tools = option("tools");
const { build, transform } = createRequire(join(tools, "package.json"))("esbuild");

const styles = {
  name: "styles-as-text",
  setup(bundle) {
    bundle.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const found = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: found.code.trim(), loader: "text" };
    });
  },
};

execFileSync(join(tools, "node_modules/.bin/tsc"), ["-p", here], { stdio: "inherit" });
for (const [from, to] of [["page/main.ts", "segue.js"], ["widget/main.ts", "widget.js"]]) {
  await build({
    entryPoints: [join(here, "src", from)],
    outfile: join(option("out"), to),
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    banner: { js: "/* Segue. Apache-2.0. Built from api/web/src by `make web`. */" },
    plugins: [styles],
    logLevel: "warning",
    absWorkingDir: here,
  });
}

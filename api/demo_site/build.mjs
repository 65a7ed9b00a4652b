// Builds demo.js: node build.mjs --tools FOLDER --out FOLDER
//
// esbuild, typescript and the OpenFeature packages lie in FOLDER/node_modules, as `npm ci` puts them there by
// package-lock.json: not beside this file, whose folder is part of the wheel.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const option = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0 || !process.argv[at + 1]) throw new Error(`build.mjs: --${name} FOLDER is missing`);
  return resolve(process.argv[at + 1]);
};
const tools = option("tools");
const { build } = createRequire(join(tools, "package.json"))("esbuild");

// both look for packages beside the source
const work = mkdtempSync(join(tmpdir(), "segue-demo-site-"));
try {
  cpSync(join(here, "src"), join(work, "src"), { recursive: true });
  cpSync(join(here, "tsconfig.json"), join(work, "tsconfig.json"));
  symlinkSync(join(tools, "node_modules"), join(work, "node_modules"), "dir");
  execFileSync(join(tools, "node_modules/.bin/tsc"), ["-p", work], { stdio: "inherit" });
  await build({
    entryPoints: [join(work, "src", "main.ts")],
    outfile: join(option("out"), "demo.js"),
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    banner: { js: "/* Segue's demo site. Apache-2.0. With OpenFeature's web SDK (Apache-2.0). Built by `make demo-web`. */" },
    logLevel: "warning",
    absWorkingDir: work,
  });
} finally {
  rmSync(work, { recursive: true, force: true });
}

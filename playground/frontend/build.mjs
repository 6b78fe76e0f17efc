// One bundle, written where the templates expect it, and compressed once for all who load it.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { build } from "esbuild";

const outdir = "../static/playground/dist";

await build({
  entryPoints: ["src/app.js", "src/app.css", "src/theme.js"],
  outdir,
  bundle: true,
  minify: true,
  target: ["es2022"],
  logLevel: "warning",
});

for (const name of readdirSync(outdir).filter((name) => /\.(js|css)$/.test(name))) {
  const content = readFileSync(`${outdir}/${name}`);
  writeFileSync(`${outdir}/${name}.gz`, gzipSync(content));
  writeFileSync(`${outdir}/${name}.br`, brotliCompressSync(content));
}

// node check.mjs FILE.vrm OUT_DIR: Khronos' validator, then three.js with three-vrm in headless
// Chromium, which drives expressions and gaze and takes pictures. Fails if either finds an error.
import { createServer } from "node:http";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import validator from "gltf-validator";

const here = dirname(fileURLToPath(import.meta.url));
const [file, out] = process.argv.slice(2);
if (!file || !out) {
  console.error("usage: node check.mjs FILE.vrm OUT_DIR");
  process.exit(2);
}
const model = await readFile(file);
await mkdir(out, { recursive: true });

const validation = await validator.validateBytes(new Uint8Array(model), { maxIssues: 100 });
await writeFile(join(out, "validator.json"), JSON.stringify(validation, null, 2));
const { numErrors, numWarnings, numInfos, numHints, messages } = validation.issues;
console.log(`gltf-validator: ${numErrors} errors, ${numWarnings} warnings, ${numInfos} infos, ${numHints} hints`);
for (const code of new Set(messages.filter((m) => m.severity < 2).map((m) => m.code))) {
  const first = messages.find((m) => m.code === code);
  console.log(`  ${code}: ${first.message} (${first.pointer})`);
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript" };
let finish;
const done = new Promise((resolve) => (finish = resolve));
const body = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
};
const server = createServer(async (request, response) => {
  try {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (request.method === "POST") {
      const bytes = await body(request);
      const picture = path.match(/^\/picture\/([a-zA-Z-]+)$/);
      if (picture) await writeFile(join(out, `${picture[1]}.png`), bytes);
      if (path === "/done") finish(JSON.parse(bytes.toString()));
      response.end();
      return;
    }
    const local = resolve(here, `.${normalize(path)}`);
    if (path === "/model.vrm") {
      response.end(model);
    } else if (local.startsWith(here + sep)) {
      response.setHeader("content-type", TYPES[extname(local)] ?? "application/octet-stream");
      response.end(await readFile(local));
    } else {
      response.writeHead(404).end();
    }
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const profile = await mkdtemp(join(tmpdir(), "vrm-check-"));
const chromium = spawn(process.env.CHROMIUM ?? "chromium", [
  "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  `--user-data-dir=${profile}`, "--window-size=1000,800",
  `http://127.0.0.1:${server.address().port}/page.html`,
], { stdio: "ignore" });
chromium.on("error", (error) => finish({ failed: `${error}` }));
chromium.on("exit", (code) => finish({ failed: `the browser ended with ${code}` }));
const limit = setTimeout(() => finish({ failed: "nothing came within 300 s" }), 300_000);
const report = await done;
clearTimeout(limit);
chromium.removeAllListeners("exit");
const gone = new Promise((resolve) => chromium.once("exit", resolve));
if (chromium.kill()) await gone;
server.close();
server.closeAllConnections();
await rm(profile, { recursive: true, force: true }).catch(() => {});
await writeFile(join(out, "report.json"), JSON.stringify(report, null, 2));

const fail = [];
if (numErrors > 0) fail.push(`gltf-validator found ${numErrors} errors`);
if (report.failed) fail.push(report.failed);
else {
  console.log(`three-vrm: ${report.bones.length} bones, ${Object.keys(report.moved_m).length} presets, ${report.custom.length} expressions of its own`);
  for (const name of ["happy", "aa", "blink"]) {
    const moved = report.moved_m[name] ?? 0;
    console.log(`  ${name} moves the face by up to ${(moved * 1000).toFixed(1)} mm`);
    if (!(moved > 1e-3)) fail.push(`expression ${name} does not move the face`);
  }
  for (const [name, axis, sign] of [["left", 0, 1], ["right", 0, -1], ["up", 1, 1], ["down", 1, -1]]) {
    const eyes = report.eyes_deg[name] ?? [];
    console.log(`  look ${name}: ${eyes.map((eye) => eye?.map((a) => a.toFixed(1)).join("/")).join(", ")} degrees`);
    if (!eyes.length || !eyes.every((eye) => eye && eye[axis] * sign > 3)) fail.push(`the eyes do not look ${name}`);
  }
  for (const problem of report.problems) console.log(`  console: ${problem}`);
}
for (const problem of fail) console.error(`FAILED: ${problem}`);
process.exit(fail.length ? 1 : 0);

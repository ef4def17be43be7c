// node check.mjs FILE.vrm ANIMATION.vrma TRACK.json OUT_DIR: Khronos' validator, then three.js with three-vrm in
// headless Chromium, which drives expressions and gaze, plays the animation, compares it with the track that it
// was made of, and takes pictures. Fails if either finds an error.
import { createServer } from "node:http";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import validator from "gltf-validator";

const here = dirname(fileURLToPath(import.meta.url));
const [file, animationFile, trackFile, out] = process.argv.slice(2);
if (!file || !animationFile || !trackFile || !out) {
  console.error("usage: node check.mjs FILE.vrm ANIMATION.vrma TRACK.json OUT_DIR");
  process.exit(2);
}
const served = {
  "/model.vrm": await readFile(file),
  "/animation.vrma": await readFile(animationFile),
  "/track.json": await readFile(trackFile),
};
await mkdir(out, { recursive: true });

const fail = [];
for (const name of ["model.vrm", "animation.vrma"]) {
  const validation = await validator.validateBytes(new Uint8Array(served[`/${name}`]), { maxIssues: 500 });
  await writeFile(join(out, `validator-${name}.json`), JSON.stringify(validation, null, 2));
  const { numErrors, numWarnings, numInfos, numHints, messages } = validation.issues;
  console.log(`gltf-validator, ${name}: ${numErrors} errors, ${numWarnings} warnings, ${numInfos} infos, ${numHints} hints`);
  for (const code of new Set(messages.filter((m) => m.severity < 2).map((m) => m.code))) {
    const first = messages.find((m) => m.code === code);
    console.log(`  ${code}: ${first.message} (${first.pointer})`);
  }
  if (numErrors > 0) fail.push(`gltf-validator found ${numErrors} errors in ${name}`);
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
    if (path in served) {
      response.end(served[path]);
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
  const { played } = report;
  const rise = played.highest_hand_m.map((high, side) => high - played.lowest_hand_m[side]);
  console.log(`three-vrm-animation: ${played.frames} frames, ${played.duration_secs.toFixed(2)} s, ${played.tracks} tracks`);
  console.log(`  bones off by ${played.bones_off_deg.toFixed(3)} degrees at most, eyes by ${played.eyes_off_deg.toFixed(2)}`);
  console.log(`  shapes off by ${played.weights_off.toFixed(3)} at most, ${played.weights_off_mean?.toFixed(4)} in the mean; jawOpen up to ${played.jaw_most.toFixed(2)}`);
  console.log(`  hands rise by ${rise.map((m) => m.toFixed(2)).join(" and ")} m; the head turns ${played.head_deg.map(([a, b]) => `${a.toFixed(1)} to ${b.toFixed(1)}`).join(", ")} degrees`);
  if (!(played.bones_off_deg < 0.5)) fail.push("bones do not turn as the track says");
  if (!(Math.max(...rise) > 0.2)) fail.push("no hand rises");
  if (!(played.jaw_most > 0.15)) fail.push("the mouth does not open");
  if (!played.head_deg.some(([low, high]) => high - low > 2)) fail.push("the head does not turn");
  for (const problem of report.problems) console.log(`  console: ${problem}`);
}
for (const problem of fail) console.error(`FAILED: ${problem}`);
process.exit(fail.length ? 1 : 0);

// Runs in the browser: loads the file as any VRM application does, moves it, takes pictures.
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { RoomEnvironment } from "three/addons/environments/RoomEnvironment.js";
import { VRMLoaderPlugin, VRMUtils } from "@pixiv/three-vrm";
import { play } from "./play.mjs";

const send = (path, body) => fetch(path, { method: "POST", body });
const problems = [];
addEventListener("error", (event) => problems.push(String(event.message)));
for (const level of ["error", "warn"]) {
  const plain = console[level];
  console[level] = (...words) => {
    problems.push(`${level}: ${words.map(String).join(" ")}`);
    plain(...words);
  };
}

const WIDTH = 960, HEIGHT = 720;
const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
renderer.setSize(WIDTH, HEIGHT);
renderer.toneMapping = THREE.ACESFilmicToneMapping;
document.body.append(renderer.domElement);
const scene = new THREE.Scene();
scene.background = new THREE.Color(0x5b6470);
const pmrem = new THREE.PMREMGenerator(renderer);
scene.environment = pmrem.fromScene(new RoomEnvironment()).texture;
scene.environmentIntensity = 0.6;
const sun = new THREE.DirectionalLight(0xfff1e0, 2.2);
sun.position.set(1.2, 2.2, 2.5);
scene.add(sun);
const camera = new THREE.PerspectiveCamera(24, WIDTH / HEIGHT, 0.05, 50);

const place = (node) => node.getWorldPosition(new THREE.Vector3());
// Where vertices are now (every third is enough), metres.
function shape(vrm) {
  const corners = [];
  const at = new THREE.Vector3();
  vrm.scene.updateMatrixWorld(true);
  vrm.scene.traverse((mesh) => {
    if (!mesh.isSkinnedMesh) return;
    mesh.skeleton.update();
    const count = mesh.geometry.attributes.position.count;
    for (let i = 0; i < count; i += 3) {
      mesh.getVertexPosition(i, at);
      corners.push(at.x, at.y, at.z);
    }
  });
  return corners;
}
// The greatest way of any of them.
function apart(a, b) {
  let most = 0;
  for (let i = 0; i < a.length; i += 3) {
    most = Math.max(most, Math.hypot(a[i] - b[i], a[i + 1] - b[i + 1], a[i + 2] - b[i + 2]));
  }
  return most;
}

async function run() {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMLoaderPlugin(parser));
  const gltf = await loader.loadAsync("/model.vrm");
  const vrm = gltf.userData.vrm;
  if (!vrm) throw new Error("the file has no VRM in it");
  VRMUtils.rotateVRM0(vrm);
  scene.add(vrm.scene);
  vrm.scene.traverse((object) => (object.frustumCulled = false));
  vrm.update(1 / 60);
  const head = place(vrm.humanoid.getRawBoneNode("head"));
  const tall = new THREE.Box3().setFromObject(vrm.scene).max.y;
  const face = () => {
    const eyes = new THREE.Vector3(head.x, head.y + (tall - head.y) * 0.42, head.z);
    camera.position.set(eyes.x + 0.08, eyes.y, eyes.z + 0.85);
    camera.lookAt(eyes);
  };
  const whole = () => {
    camera.position.set(0.5, tall * 0.62, tall * 2.9);
    camera.lookAt(0, tall * 0.5, 0);
  };
  const shoot = async (name) => {
    vrm.update(1 / 60);
    renderer.render(scene, camera);
    const blob = await new Promise((done) => renderer.domElement.toBlob(done, "image/png"));
    await send(`/picture/${name}`, blob);
  };
  const report = {
    meta: vrm.meta,
    bones: Object.keys(vrm.humanoid.humanBones),
    lookAt: vrm.lookAt ? { faceFront: vrm.lookAt.faceFront.toArray() } : null,
    custom: Object.keys(vrm.expressionManager?.customExpressionMap ?? {}),
    moved_m: {},
    eyes_deg: {},
  };
  whole();
  await shoot("rest");
  // The T-pose lowered into a stance, by normalised bones.
  const turn = (bone, x, y, z) => vrm.humanoid.getNormalizedBoneNode(bone)?.rotation.set(x, y, z);
  turn("leftUpperArm", 0, 0, -1.2);
  turn("rightUpperArm", 0, 0, 1.2);
  turn("leftLowerArm", 0, -0.35, 0);
  turn("rightLowerArm", 0, 0.35, 0);
  await shoot("stance");
  face();
  await shoot("neutral");
  const neutral = shape(vrm);
  const manager = vrm.expressionManager;
  for (const name of manager ? Object.keys(manager.presetExpressionMap) : []) {
    manager.setValue(name, 1);
    vrm.update(1 / 60);
    report.moved_m[name] = apart(neutral, shape(vrm));
    if (["happy", "angry", "sad", "surprised", "relaxed", "aa", "ou", "ee", "blink"].includes(name)) {
      await shoot(name);
    }
    manager.setValue(name, 0);
  }
  if (vrm.lookAt) {
    const target = new THREE.Object3D();
    scene.add(target);
    vrm.lookAt.target = target;
    vrm.lookAt.autoUpdate = true;
    const from = vrm.lookAt.getLookAtWorldPosition(new THREE.Vector3());
    // To the person's left is +x.
    for (const [name, x, y] of [["left", 1, 0], ["right", -1, 0], ["up", 0, 0.6], ["down", 0, -0.8]]) {
      target.position.set(from.x + x, from.y + y, from.z + 2);
      target.updateMatrixWorld(true);
      vrm.update(1 / 60);
      const turned = ["leftEye", "rightEye"].map((eye) => {
        const bone = vrm.humanoid.getRawBoneNode(eye);
        if (!bone) return null;
        const ahead = new THREE.Vector3(0, 0, 1).applyQuaternion(bone.quaternion);
        const deg = 180 / Math.PI;
        return [Math.atan2(ahead.x, ahead.z) * deg, Math.asin(ahead.y) * deg];
      });
      report.eyes_deg[name] = turned;
      await shoot(`look-${name}`);
    }
  }
  const upper = () => {
    camera.position.set(0.25, head.y - 0.12, head.z + 2.1);
    camera.lookAt(0, head.y - 0.2, 0);
  };
  report.played = await play({ vrm, scene, shoot, upper, face });
  return report;
}

run().then(
  (report) => send("/done", JSON.stringify({ ...report, problems })),
  (error) => send("/done", JSON.stringify({ failed: `${error.stack ?? error}`, problems })),
);

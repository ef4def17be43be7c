// Runs in the browser: plays the animation on the model and compares what moves with the track that it was
// made of.
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { VRMAnimationLoaderPlugin, VRMLookAtQuaternionProxy, createVRMAnimationClip } from "@pixiv/three-vrm-animation";

const DEG = 180 / Math.PI;
const PICTURES = 8;

export async function play({ vrm, scene, shoot, upper, face }) {
  const track = await (await fetch("/track.json")).json();
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMAnimationLoaderPlugin(parser));
  const animation = (await loader.loadAsync("/animation.vrma")).userData.vrmAnimations?.[0];
  if (!animation) throw new Error("the file has no VRM animation in it");
  for (const name of Object.keys(vrm.expressionManager.expressionMap)) vrm.expressionManager.setValue(name, 0);
  vrm.humanoid.resetNormalizedPose();
  vrm.lookAt.target = null;
  const proxy = new VRMLookAtQuaternionProxy(vrm.lookAt);
  proxy.name = "lookAtProxy";
  vrm.scene.add(proxy);
  const clip = createVRMAnimationClip(animation, vrm);
  const mixer = new THREE.AnimationMixer(vrm.scene);
  const action = mixer.clipAction(clip);
  action.setLoop(THREE.LoopOnce);
  action.clampWhenFinished = true;
  action.play();

  // Morph targets by ARKit's names, wherever they are.
  const morphs = {};
  vrm.scene.traverse((mesh) => {
    for (const [name, index] of Object.entries(mesh.morphTargetDictionary ?? {})) {
      (morphs[name] ??= []).push(() => mesh.morphTargetInfluences[index]);
    }
  });
  const height = (bone) => vrm.humanoid.getRawBoneNode(bone).getWorldPosition(new THREE.Vector3()).y;
  const eye = (bone) => {
    const ahead = new THREE.Vector3(0, 0, 1).applyQuaternion(vrm.humanoid.getNormalizedBoneNode(bone).quaternion);
    return [Math.atan2(ahead.x, ahead.z) * DEG, Math.asin(ahead.y) * DEG];
  };
  const seen = {
    duration_secs: clip.duration, tracks: clip.tracks.length, frames: track.frames.length,
    bones_off_deg: 0, bones: 0, weights_off: 0, weights_off_mean: 0, jaw_most: 0, lowest_hand_m: [9, 9], highest_hand_m: [-9, -9],
    head_deg: [[90, -90], [90, -90]], eyes_off_deg: 0, pictures: [],
  };
  const every = Math.ceil(track.frames.length / PICTURES);
  let sum = 0, count = 0;
  for (let frame = 0; frame < track.frames.length; frame++) {
    mixer.setTime(frame / track.fps);
    vrm.update(0);
    vrm.scene.updateMatrixWorld(true);
    for (const [bone, turns] of Object.entries(track.bones)) {
      const node = vrm.humanoid.getNormalizedBoneNode(bone);
      if (!node || bone.endsWith("Eye")) continue;
      const turn = new THREE.Quaternion(...turns[frame]).normalize();
      if (bone === "hips") turn.premultiply(new THREE.Quaternion().setFromAxisAngle(new THREE.Vector3(0, 1, 0), track.root[frame]?.[3] ?? 0));
      seen.bones_off_deg = Math.max(seen.bones_off_deg, node.quaternion.angleTo(turn) * DEG);
      seen.bones++;
    }
    track.curves.forEach((curve, at) => {
      for (const influence of morphs[curve] ?? []) {
        const off = Math.abs(influence() - track.frames[frame][at]);
        seen.weights_off = Math.max(seen.weights_off, off);
        sum += off;
        count++;
      }
    });
    for (const influence of morphs.jawOpen ?? []) seen.jaw_most = Math.max(seen.jaw_most, influence());
    ["leftHand", "rightHand"].forEach((hand, side) => {
      seen.lowest_hand_m[side] = Math.min(seen.lowest_hand_m[side], height(hand));
      seen.highest_hand_m[side] = Math.max(seen.highest_hand_m[side], height(hand));
    });
    const ahead = new THREE.Vector3(0, 0, 1).applyQuaternion(vrm.humanoid.getRawBoneNode("head").getWorldQuaternion(new THREE.Quaternion()));
    [Math.atan2(ahead.x, ahead.z) * DEG, Math.asin(ahead.y) * DEG].forEach((angle, axis) => {
      seen.head_deg[axis] = [Math.min(seen.head_deg[axis][0], angle), Math.max(seen.head_deg[axis][1], angle)];
    });
    for (const side of ["left", "right"]) {
      const turns = track.bones[`${side}Eye`];
      if (!turns || !vrm.humanoid.getNormalizedBoneNode(`${side}Eye`)) continue;
      const wanted = new THREE.Vector3(0, 0, 1).applyQuaternion(new THREE.Quaternion(...turns[frame]));
      const [yaw, pitch] = eye(`${side}Eye`);
      const off = Math.hypot(yaw - Math.atan2(wanted.x, wanted.z) * DEG, pitch - Math.asin(wanted.y) * DEG);
      seen.eyes_off_deg = Math.max(seen.eyes_off_deg, off);
    }
    if (frame % every === every >> 1) {
      const name = `play-${String.fromCharCode(97 + seen.pictures.length)}`;
      upper();
      await shoot(name);
      face();
      await shoot(`${name}-face`);
      seen.pictures.push({ name, secs: frame / track.fps });
    }
  }
  seen.weights_off_mean = count ? sum / count : null;
  return seen;
}

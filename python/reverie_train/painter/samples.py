"""Windows to complete: every frame is one, its unknown part a real re-projection or made on the frame alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import torch
import torch.nn.functional as F

from . import geometry
from .fill import box, push_pull
from .frames import Frames

FAR_OFFSET = 1e-3
"""1/m: where the code of depth turns from logarithmic to linear, so that the sky has a code, too."""
AGREES = 0.12
"""Largest difference of log(inverse depth + 0.005) at which a re-projected pixel counts as the truth's."""
DETAIL_BOX = 5
"""Side of the box that detail is measured in, pixels."""
REACH = 10
"""Frames of an episode between which windows are re-projected."""
FIRST_SIDE = 32
"""Side of the view that a world began with, as the network is shown it, pixels."""
FIRST_CHANNELS = 6
"""Colours, code of depth, whether it is known, sine of the elevation."""
FIRST_KNOWN = 0.9
"""Share of the windows whose world's first view is shown in training."""
TOLD = 0.5
"""Share of the windows whose conditions are told in training."""
TINTED = 0.3
"""Share of the windows whose colours are shifted in training."""
NOISE = 4
"""Maps of noise."""
CAPTION = 384
"""Length of a caption's vector."""
KINDS = ("reprojected", "turned", "displaced", "boxes", "nothing known")
CHANCES = (0.42, 0.25, 0.15, 0.12, 0.06)


def encode(inverse_depth: torch.Tensor) -> torch.Tensor:
    """Inverse depth (1/m, 0 is sky) as the networks see it: log(w + 0.001), shifted and scaled to about -1.7 to 3."""
    return (torch.log(inverse_depth + FAR_OFFSET) + 3.5) / 2


def decode(code: torch.Tensor) -> torch.Tensor:
    """The inverse of `encode`; what is beyond 3 km is sky."""
    w = torch.exp(code * 2 - 3.5) - FAR_OFFSET
    return torch.where(w > 1 / 3000, w, 0.0)


def detail(rgb: torch.Tensor, size: int) -> torch.Tensor:
    """Root mean square of the colours' steps from pixel to pixel around every pixel of a smaller picture.

    Colours [N, S, S, 3] -> [N, size, size], S a multiple of `size`.
    """
    x = rgb.permute(0, 3, 1, 2)
    across = F.pad((x[..., 1:] - x[..., :-1]).square().sum(1), (0, 1))
    down = F.pad((x[..., 1:, :] - x[..., :-1, :]).square().sum(1), (0, 0, 0, 1))
    energy = F.avg_pool2d((across + down)[:, None], rgb.shape[1] // size)
    return F.avg_pool2d(energy, DETAIL_BOX, 1, DETAIL_BOX // 2, count_include_pad=False)[:, 0].sqrt()


@dataclass
class Batch:
    """Windows [N, H, W, ...] in f32."""

    rgb: torch.Tensor
    """the truth's colours, 0 to 1"""
    code: torch.Tensor
    """the truth's depth, `encode`d"""
    detail: torch.Tensor
    """how much finer structure the truth has around a pixel, see `detail`"""
    known: torch.Tensor
    """1 where a pixel is known"""
    seen: torch.Tensor
    """colours and code of known pixels, 0 elsewhere, 4 channels"""
    fill: torch.Tensor
    """push-pull's colours and code everywhere, 4 channels"""
    elevation: torch.Tensor
    """sine of the ray's angle above the horizon"""
    proxy_class: torch.Tensor
    """class of an object that is asked for, 0 where nothing is; i64"""
    proxy_rgb: torch.Tensor
    """its colour"""
    conditions: torch.Tensor
    """[N, CONDITIONS]"""
    caption: torch.Tensor
    """[N, CAPTION], zeros where there is none"""
    first: torch.Tensor
    """the view that the world began with, [N, FIRST_SIDE, FIRST_SIDE, FIRST_CHANNELS], zeros where there is none"""
    valid: torch.Tensor | None = None
    """1 where the truth is known; None is everywhere"""

    def mirrored(self, which: torch.Tensor) -> "Batch":
        def flip(x: torch.Tensor | None) -> torch.Tensor | None:
            if x is None:
                return None
            return torch.where(which.view(-1, *[1] * (x.ndim - 1)), x.flip(2), x) if x.ndim > 2 else x

        return Batch(**{f.name: flip(getattr(self, f.name)) for f in fields(self)})

    @property
    def truth(self) -> torch.Tensor:
        return torch.cat([self.rgb, self.code[..., None]], 3)


def masks_alone(
    inverse_depth: torch.Tensor, kinds: np.ndarray, rng: np.random.Generator, turn_deg: tuple[float, float] = (15, 80)
) -> torch.Tensor:
    """Known pixels of windows by kind (an index of `KINDS`, not 0), [N, H, W]."""
    n, size = inverse_depth.shape[:2]
    device = inverse_depth.device

    def draw(low: float, high: float, count: int = n) -> torch.Tensor:
        return torch.as_tensor(rng.uniform(low, high, count), dtype=torch.float32, device=device)

    def sign() -> torch.Tensor:
        return torch.as_tensor(rng.choice([-1.0, 1.0], n), dtype=torch.float32, device=device)

    # Small turns more often than large ones: 25 to 60 % unknown is what the run-time mostly asks for.
    share = torch.as_tensor(rng.beta(1.3, 1.7, n), dtype=torch.float32, device=device)
    low, high = (math.radians(a) for a in turn_deg)
    yaw = sign() * (low + (high - low) * share)
    pitch = torch.as_tensor(rng.normal(0, math.radians(12), n), dtype=torch.float32, device=device)
    tall = torch.as_tensor(rng.choice([0.5625, 0.75, 1.0, 1.2], n), dtype=torch.float32, device=device)
    turn = geometry.turned(yaw, pitch)
    known = geometry.seen_from(turn, size, tall)
    kind = torch.as_tensor(kinds, device=device)[:, None, None]

    chosen = np.flatnonzero(kinds == 2)
    if len(chosen):
        at = torch.as_tensor(chosen, device=device)
        angle = draw(-math.pi, math.pi)
        far = draw(0.3, 3.0)
        shift = torch.stack([far * angle.cos(), draw(-0.5, 0.5), far * angle.sin()], 1)
        rot = geometry.turned(sign() * draw(0.05, 0.7), pitch * 0.5)
        moved = geometry.visible_from(inverse_depth[at], rot[at], shift[at])
        known[at] = moved
    chosen = np.flatnonzero(kinds == 3)
    for i in chosen:
        flags = np.ones((size, size), bool)
        wanted = rng.uniform(0.2, 0.6)
        for _ in range(12):
            if 1 - flags.mean() >= wanted:
                break
            h, w = (int(rng.uniform(0.12, 0.8) * size) for _ in range(2))
            y, x = int(rng.integers(-h // 2, size - h // 2)), int(rng.integers(-w // 2, size - w // 2))
            flags[max(y, 0) : y + h, max(x, 0) : x + w] = False
        known[i] = torch.as_tensor(flags, device=device)
    return known & (kind != 4)


def smooth(known: torch.Tensor) -> torch.Tensor:
    """Majority of 3 x 3: no single pixel differs from all around it."""
    return F.avg_pool2d(known[:, None].float(), 3, 1, 1, count_include_pad=False)[:, 0] > 0.5


class Maker:
    """Makes batches. What is drawn depends on `rng` alone."""

    def __init__(self, frames: Frames, device: torch.device | str = "cpu"):
        self.frames, self.device = frames, torch.device(device)

    def choose(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Frames to complete, every domain as likely as another."""
        present = np.unique(self.frames.domains)
        wanted = rng.choice(present, count)
        return np.array([rng.choice(np.flatnonzero(self.frames.domains == d)) for d in wanted])

    def _load(self, indices: np.ndarray, size: int):
        rgb, depth, classes, poses, conditions = [], [], [], [], []
        for index in indices:
            part, at = self.frames.place(int(index))
            rgb.append(part.rgb[at])
            depth.append(part.inverse_depth[at])
            classes.append(part.classes[at])
            poses.append(part.poses[at])
            conditions.append(part.conditions[at])
        rgb = torch.as_tensor(np.stack(rgb)).to(self.device).float() / 255
        depth = torch.as_tensor(np.stack(depth).astype(np.float32)).to(self.device)
        classes = torch.as_tensor(np.stack(classes)).to(self.device).long()
        fine = detail(rgb, size)
        factor = rgb.shape[1] // size
        if factor > 1:
            rgb, depth, classes = box(rgb, factor), depth[:, ::factor, ::factor], classes[:, ::factor, ::factor]
        poses = torch.as_tensor(np.stack(poses)).to(self.device)
        return rgb, fine, depth, classes, poses, torch.as_tensor(np.stack(conditions)).to(self.device)

    def _valid(self, indices: np.ndarray, size: int) -> torch.Tensor:
        """Where windows show anything, [N, size, size]."""
        flags = []
        for index in indices:
            part, at = self.frames.place(int(index))
            flags.append(np.ones(part.rgb.shape[1:3], bool) if part.valid is None else part.valid[at])
        factor = len(flags[0]) // size
        flags = torch.as_tensor(np.stack(flags)).to(self.device).float()
        return F.avg_pool2d(flags[:, None], factor)[:, 0] == 1

    def _others(self, indices: np.ndarray, reach: int | None, rng: np.random.Generator) -> np.ndarray:
        """Another frame of each frame's episode under the same conditions, not farther than `reach` frames.

        A frame that is alone is its own other.
        """
        others = []
        for index in indices:
            part, at = self.frames.place(int(index))
            first, count = int(part.first[at]), int(part.count[at])
            far = count if reach is None else reach
            near = np.arange(max(first, at - far), min(first + count, at + far + 1))
            alike = near[(near != at) & (part.conditions[near] == part.conditions[at]).all(1)]
            others.append(int(index) - at + (int(rng.choice(alike)) if len(alike) else at))
        return np.array(others)

    def _first(self, indices: np.ndarray, shown: np.ndarray, gains: torch.Tensor | None, rng: np.random.Generator) -> torch.Tensor:
        """Frames as the views that worlds began with: squares of 90 degrees of which a smaller picture is known."""
        rgb, _, depth, _, poses, _ = self._load(indices, FIRST_SIDE)
        if gains is not None:
            rgb = (rgb * gains).clamp_max(1)
        n, side = len(indices), FIRST_SIDE
        whole = rng.random((n, 1)) < 0.4
        shares = np.where(whole, 1.0, np.stack([rng.uniform(0.5, 1, n), rng.uniform(0.35, 1, n)], 1))
        at = (np.abs(np.arange(side) + 0.5 - side / 2) / (side / 2))[None]
        known = (at <= shares[:, :1])[:, None, :] & (at <= shares[:, 1:])[:, :, None] & shown[:, None, None]
        known = torch.as_tensor(known, device=self.device) & self._valid(indices, side)
        known = known[..., None].float()
        elevation = geometry.elevation(geometry.rotation(poses[:, 3:]), side)
        there = torch.as_tensor(shown, device=self.device)[:, None, None].float()
        seen = torch.cat([rgb, encode(depth)[..., None]], 3) * known
        return torch.cat([seen, known, (elevation * there)[..., None]], 3)

    @torch.no_grad()
    def make(self, indices: np.ndarray, size: int, rng: np.random.Generator, *, training: bool = True) -> Batch:
        """Windows of these frames with sides of `size`."""
        n = len(indices)
        rgb, fine, depth, classes, poses, conditions = self._load(indices, size)
        kinds = rng.choice(len(KINDS), n, p=CHANCES)
        known = masks_alone(depth, np.where(kinds == 0, 1, kinds), rng)
        if training:
            # Colours that no simulator has, so that photographs are not foreign; no conditions are told then.
            tinted = torch.as_tensor(rng.random(n) < TINTED, device=self.device)
            gains = torch.as_tensor(np.exp(rng.normal(0, 0.2, (n, 1, 1, 3))), dtype=torch.float32, device=self.device)
            gains = torch.where(tinted[:, None, None, None], gains, 1.0)
            rgb = (rgb * gains).clamp_max(1)
            conditions = conditions * ~tinted[:, None]
        seen_rgb, seen_depth = rgb.clone(), depth.clone()
        moved = np.flatnonzero(kinds == 0)
        began = self._others(indices, None, rng)
        orientation = geometry.rotation(poses[:, 3:])
        if len(moved):
            at = torch.as_tensor(moved, device=self.device)
            sources = self._others(indices[moved], REACH, rng)
            began[moved] = np.where(rng.random(len(moved)) < 0.5, sources, began[moved])
            other_rgb, _, other_depth, _, other, _ = self._load(sources, size)
            to_view = orientation[at].transpose(1, 2)
            rot = to_view @ geometry.rotation(other[:, 3:])
            shift = torch.einsum("nij,nj->ni", to_view, other[:, :3] - poses[at, :3])
            if training:
                other_rgb = (other_rgb * gains[at]).clamp_max(1)
            r, w, there = geometry.reproject(other_rgb, other_depth, rot, shift, self._valid(sources, size))
            # What moved between the frames, or shows through what was not seen, would teach a contradiction.
            there &= (torch.log(w + 0.005) - torch.log(depth[at] + 0.005)).abs() < AGREES
            share = 1 - there.float().mean((1, 2))
            alone = known[at]
            there = torch.where((share < 0.2)[:, None, None], there & alone, there)
            none = (share > 0.97)[:, None, None]
            known[at] = torch.where(none, alone, there)
            seen_rgb[at] = torch.where(none[..., None], rgb[at], r)
            seen_depth[at] = torch.where(none, depth[at], w)
        valid = self._valid(indices, size)
        known = known & smooth(known) & valid
        fill_rgb, fill_depth = push_pull(seen_rgb, seen_depth, known)
        flags = known.float()
        fill = torch.cat([fill_rgb, encode(fill_depth)[..., None]], 3)
        proxy_class, proxy_rgb = self._proxies(rgb, classes, rng, training)
        if training:
            told = torch.as_tensor(rng.random((n, 1)) < TOLD, device=self.device)
            conditions = conditions * told
        # A frame that is its own other would give the answer away.
        shown = (began != indices) & (rng.random(n) < (FIRST_KNOWN if training else 1.0))
        batch = Batch(
            rgb=rgb,
            code=encode(depth),
            detail=fine,
            known=flags,
            seen=fill * flags[..., None],
            fill=fill,
            elevation=geometry.elevation(orientation, size),
            proxy_class=proxy_class,
            proxy_rgb=proxy_rgb,
            conditions=conditions.float(),
            caption=torch.zeros(n, CAPTION, device=self.device),
            first=self._first(began, shown, gains if training else None, rng),
            valid=valid.float(),
        )
        return batch.mirrored(torch.as_tensor(rng.random(n) < 0.5, device=self.device)) if training else batch

    def _proxies(self, rgb, classes, rng, training: bool):
        """Now and then the places and mean colours of one class of objects are given."""
        asked = torch.zeros_like(classes)
        colour = torch.zeros_like(rgb)
        if not training:
            return asked, colour
        for i in np.flatnonzero(rng.random(len(rgb)) < 0.15):
            present = torch.unique(classes[i])
            which = int(present[int(rng.integers(len(present)))])
            place = classes[i] == which
            asked[i] = place * which
            colour[i] = place[..., None] * rgb[i][place].mean(0)
        return asked, colour

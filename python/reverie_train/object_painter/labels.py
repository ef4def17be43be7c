"""What the network paints."""

KINDS = (
    "box",
    "crate",
    "ball",
    "barrel",
    "cylinder",
    "cone",
    "wall",
    "house",
    "tree",
    "conifer",
    "bush",
    "rock",
    "car",
    "bench",
    "lamp",
)
FIRST_HELD_OUT_SEED = 1_000_000
"""Sizes and colours of seeds from here on are for measuring alone."""

"""The conditions network: weather, height of the sun and kind of world from one picture."""

//! Objects in worlds: looks, light, shade, collisions, and bad input.

"""The repainter: what is remembered, under another weather, hour or season."""

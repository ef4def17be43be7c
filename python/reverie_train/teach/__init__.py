"""Fine-tuning of painter and depth network on a game's own recordings, see docs/train-your-own.md."""

"""The lips network: what a mouth does, from the sound of speech alone (`crates/voice/src/lips`)."""

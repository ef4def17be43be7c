//! Voices: text to speech with the time of every sound, offline and in real time on one core.


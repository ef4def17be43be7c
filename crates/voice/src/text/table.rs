//! A read-only map from strings to short byte strings, all in one allocation: the lexicons and the
//! tagger hold 300,000 entries, which as boxed strings would take longer to allocate than to parse.

use std::hash::{BuildHasher, RandomState};

/// Longest key, bytes.
const MAX_KEY_BYTES: usize = u8::MAX as usize;
const HEADER_BYTES: usize = 3;
const EMPTY: u32 = u32::MAX;
const FREE: (u32, u32) = (EMPTY, 0);

/// Strings to bytes. Of two entries with one key the later one counts.
pub(super) struct Table {
    /// Records: length of the key, length of the value, key, value.
    records: Vec<u8>,
    /// Where a record starts, or [`EMPTY`], and 32 bits of its key's hash, which spare most looks at
    /// records; a power of two of them, at most three quarters full.
    slots: Vec<(u32, u32)>,
    len: usize,
    hasher: RandomState,
}

impl Table {
    pub(super) fn with_capacity(entries: usize, bytes: usize) -> Self {
        Self {
            records: Vec::with_capacity(bytes),
            slots: vec![FREE; (entries.max(8) / 3 * 4).next_power_of_two()],
            len: 0,
            hasher: RandomState::new(),
        }
    }

    /// False, and nothing is kept, where key or value are too long or the table is full.
    pub(super) fn insert(&mut self, key: &str, value: &[u8]) -> bool {
        let (Ok(key_len), Ok(value_len), Ok(at)) = (
            u8::try_from(key.len()),
            u16::try_from(value.len()),
            u32::try_from(self.records.len()),
        ) else {
            return false;
        };
        if at == EMPTY {
            return false;
        }
        if (self.len + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        self.records.push(key_len);
        self.records.extend_from_slice(&value_len.to_le_bytes());
        self.records.extend_from_slice(key.as_bytes());
        self.records.extend_from_slice(value);
        let (slot, tag) = self.slot_of(key.as_bytes());
        if self.slots[slot].0 == EMPTY {
            self.len += 1;
        }
        self.slots[slot] = (at, tag);
        true
    }

    pub(super) fn get(&self, key: &str) -> Option<&[u8]> {
        if key.len() > MAX_KEY_BYTES {
            return None;
        }
        match self.slots[self.slot_of(key.as_bytes()).0] {
            (EMPTY, _) => None,
            (at, _) => Some(self.record(at as usize).1),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn record(&self, at: usize) -> (&[u8], &[u8]) {
        let key_len = usize::from(self.records[at]);
        let value_len = u16::from_le_bytes([self.records[at + 1], self.records[at + 2]]);
        let key = at + HEADER_BYTES;
        let value = key + key_len;
        (&self.records[key..value], &self.records[value..value + usize::from(value_len)])
    }

    /// Where the key is, or the empty slot where it belongs, and the tag of its hash.
    fn slot_of(&self, key: &[u8]) -> (usize, u32) {
        let mask = self.slots.len() - 1;
        let hash = self.hasher.hash_one(key);
        let tag = (hash >> 32) as u32;
        let mut slot = hash as usize & mask;
        loop {
            let (at, other) = self.slots[slot];
            if at == EMPTY || (other == tag && self.record(at as usize).0 == key) {
                return (slot, tag);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![FREE; old.len() * 2];
        for (at, tag) in old.into_iter().filter(|&(at, _)| at != EMPTY) {
            let (slot, _) = self.slot_of(self.record(at as usize).0);
            self.slots[slot] = (at, tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_put_in_while_growing() {
        let mut table = Table::with_capacity(0, 0);
        for number in 0..1000u32 {
            assert!(table.insert(&number.to_string(), &number.to_le_bytes()));
        }
        assert!(table.insert("7", b"seven"));
        assert_eq!(table.len(), 1000);
        assert_eq!(table.get("7"), Some(&b"seven"[..]));
        assert_eq!(table.get("999"), Some(&999u32.to_le_bytes()[..]));
        assert_eq!(table.get("1000"), None);
        assert!(!table.insert(&"k".repeat(MAX_KEY_BYTES + 1), b""));
        assert!(!table.insert("long", &[0; 1 << 16]));
        assert_eq!(table.get("long"), None);
    }
}

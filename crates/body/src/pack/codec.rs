//! Bounded reading and plain writing of little-endian bytes.

use super::PackError;

/// Writes little-endian values one after the other.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes.extend(value.to_le_bytes());
    }

    /// A short name: its length in one byte, then the bytes.
    pub(super) fn name(&mut self, name: &str) {
        let bytes = &name.as_bytes()[..name.len().min(255)];
        self.u8(bytes.len() as u8);
        self.bytes.extend(bytes);
    }

    /// Numbers that change little from one to the next: differences, low bytes before high bytes.
    pub(super) fn smooth(&mut self, values: impl Iterator<Item = i16>) {
        let mut last = 0i16;
        let zigzag: Vec<u16> = values
            .map(|value| {
                let step = value.wrapping_sub(last);
                last = value;
                ((step << 1) ^ (step >> 15)) as u16
            })
            .collect();
        self.bytes.extend(zigzag.iter().map(|z| *z as u8));
        self.bytes.extend(zigzag.iter().map(|z| (z >> 8) as u8));
    }
}

/// Reads what [`Writer`] wrote, trusting nothing.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn take(
        &mut self,
        count: usize,
        field: &'static str,
    ) -> Result<&'a [u8], PackError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(PackError::Short { field })?;
        let part = &self.bytes[self.at..end];
        self.at = end;
        Ok(part)
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, PackError> {
        Ok(self.take(1, field)?[0])
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, PackError> {
        let part = self.take(2, field)?;
        Ok(u16::from_le_bytes([part[0], part[1]]))
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, PackError> {
        let part = self.take(4, field)?;
        Ok(u32::from_le_bytes([part[0], part[1], part[2], part[3]]))
    }

    /// A count of at most `limit`.
    pub(super) fn count(&mut self, limit: usize, field: &'static str) -> Result<usize, PackError> {
        let count = self.u32(field)? as usize;
        if count <= limit { Ok(count) } else { Err(PackError::TooMany { field, count, limit }) }
    }

    pub(super) fn name(&mut self, field: &'static str) -> Result<String, PackError> {
        let length = self.u8(field)? as usize;
        let bytes = self.take(length, field)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| PackError::Value { field })
    }

    pub(super) fn smooth(
        &mut self,
        count: usize,
        field: &'static str,
    ) -> Result<Vec<i16>, PackError> {
        let low = self.take(count, field)?;
        let high = self.take(count, field)?;
        let mut last = 0i16;
        Ok(low
            .iter()
            .zip(high)
            .map(|(low, high)| {
                let zigzag = u16::from_le_bytes([*low, *high]);
                let step = (zigzag >> 1) as i16 ^ -((zigzag & 1) as i16);
                last = last.wrapping_add(step);
                last
            })
            .collect())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }
}

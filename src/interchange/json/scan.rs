//! Where a JSON value ends, without reading it.

/// Follows a value byte by byte to its end.
#[derive(Default)]
pub struct Scan {
    pub depth: usize,
    in_text: bool,
    is_escaped: bool,
    /// The byte taken last was its last one.
    pub is_complete: bool,
}

impl Scan {
    /// Begins within so many lists and objects.
    pub fn within(depth: usize) -> Self {
        Scan {
            depth,
            ..Scan::default()
        }
    }

    /// Takes the next byte; false when the value ended before it.
    pub fn takes(&mut self, byte: u8) -> bool {
        if self.in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => {
                    self.in_text = false;
                    self.is_complete = self.depth == 0;
                }
                _ => {}
            }
            return true;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                self.is_complete = self.depth == 0;
            }
            b'}' | b']' | b',' | b':' if self.depth == 0 => return false,
            _ if self.depth == 0 => return !byte.is_ascii_whitespace(),
            _ => {}
        }
        true
    }

    pub fn is_within(&self) -> bool {
        self.in_text || self.depth > 0
    }
}

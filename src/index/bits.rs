//! A set of the documents of a segment, one bit each.

use tantivy::DocId;

#[derive(Clone)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// The empty set of so many documents.
    pub fn for_documents(documents: DocId) -> Self {
        Bits(vec![0; documents.div_ceil(u64::BITS) as usize])
    }

    #[inline]
    pub fn set(&mut self, document: DocId) {
        self.0[(document / u64::BITS) as usize] |= 1 << (document % u64::BITS);
    }

    #[inline]
    pub fn contains(&self, document: DocId) -> bool {
        self.0[(document / u64::BITS) as usize] & (1 << (document % u64::BITS)) != 0
    }

    /// Leaves what is in both.
    pub fn intersect(&mut self, other: &Bits) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(own, other)| *own &= other);
    }
}

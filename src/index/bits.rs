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

    /// The documents from `first` on, a multiple of as many as the result has bits.
    #[inline]
    pub fn run(&self, first: DocId) -> u64 {
        self.0[(first / u64::BITS) as usize]
    }

    /// Puts a run of documents, see [`Bits::run`], in the place of those from `first` on.
    #[inline]
    pub fn set_run(&mut self, first: DocId, run: u64) {
        self.0[(first / u64::BITS) as usize] = run;
    }

    /// The set of those documents, of so many, of which `is_in` says that they are in it; asked of each once.
    pub fn of(documents: DocId, mut is_in: impl FnMut(DocId) -> bool) -> Self {
        let word = |first: DocId| {
            let all = first..documents.min(first + u64::BITS);
            all.rev()
                .fold(0, |word, document| word << 1 | u64::from(is_in(document)))
        };
        Bits(
            (0..documents)
                .step_by(u64::BITS as usize)
                .map(word)
                .collect(),
        )
    }

    /// Its documents in order.
    pub fn iter(&self) -> impl Iterator<Item = DocId> {
        self.0.iter().zip(0..).flat_map(|(word, number)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(number * u64::BITS + bit)
            })
        })
    }

    /// Leaves the documents of which `holds` says so.
    pub fn retain(&mut self, holds: impl Fn(DocId) -> bool) {
        for (word, number) in self.0.iter_mut().zip(0..) {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                if !holds(number * u64::BITS + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    /// Leaves what is not in the other.
    pub fn subtract(&mut self, other: &Bits) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(own, other)| *own &= !other);
    }

    /// Leaves what is in both.
    pub fn intersect(&mut self, other: &Bits) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(own, other)| *own &= other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_said_to_be_in_it() {
        for documents in [0, 1, 63, 64, 65, 200] {
            let thirds = Bits::of(documents, |document| document % 3 == 0);
            let expected: Vec<DocId> = (0..documents).step_by(3).collect();
            assert_eq!(thirds.iter().collect::<Vec<_>>(), expected);
            let mut sixths = Bits::of(documents, |document| document % 2 == 0);
            sixths.intersect(&thirds);
            assert!(sixths.iter().eq((0..documents).step_by(6)));
            let mut odd = thirds.clone();
            odd.subtract(&sixths);
            assert!(odd.iter().eq((3..documents.max(3)).step_by(6)));
            let mut twelfths = thirds;
            twelfths.retain(|document| document % 4 == 0);
            assert!(twelfths.iter().eq((0..documents).step_by(12)));
        }
    }
}

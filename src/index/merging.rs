//! Brings segments together while nothing else happens.
//!
//! Every search opens each word's lists, ranks and compares once a segment: 100,000 resources in the eight segments that an
//! import leaves cost half as much again as in one. The engine's own policy, which runs with each commit, keeps them few
//! while much is written; it leaves up to eight of a size. At rest they become fewer, each more than twice as large as all
//! smaller ones together, so that a resource is copied once more only when the catalogue around it has grown by half.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tantivy::index::SegmentId;
use tantivy::{FutureResult, IndexReader, IndexWriter, SegmentMeta, SegmentReader};

use super::IndexError;

/// A smaller segment counts as one of so many documents: copying these costs next to nothing.
const SMALLEST: u64 = 1_000;

/// The merges of one writer at rest, one at a time, on a thread of the engine's.
#[derive(Default)]
pub struct Merging {
    /// In a lock because a writer is shared between threads, and a future result cannot be; it is never contended.
    running: Mutex<Option<Running>>,
    /// Segments that could not be brought together. They are left alone until there are others.
    refused: Vec<SegmentId>,
}

struct Running {
    segments: Vec<SegmentId>,
    outcome: FutureResult<Option<SegmentMeta>>,
}

impl Merging {
    /// Starts a merge where one is worth it and the last one is through. Its result is seen when the reader reloads.
    /// `has_room` says whether the disk has room for so many bytes more.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn go_on(
        &mut self,
        writer: &mut IndexWriter,
        reader: &IndexReader,
        has_room: impl FnOnce(u64) -> bool,
    ) -> Result<(), IndexError> {
        let current = self
            .running
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(mut running) = current.take() {
            let mut context = Context::from_waker(Waker::noop());
            match Pin::new(&mut running.outcome).poll(&mut context) {
                Poll::Pending => *current = Some(running),
                Poll::Ready(Ok(_)) => {}
                // The engine has taken some of them itself meanwhile.
                Poll::Ready(Err(tantivy::TantivyError::InvalidArgument(_))) => {}
                Poll::Ready(Err(error)) => {
                    tracing::warn!(%error, "segments of the index stay apart");
                    self.refused = running.segments;
                }
            }
            return Ok(());
        }
        let searcher = reader.searcher();
        let readers = searcher.segment_readers();
        let documents = readers.iter().map(|reader| u64::from(reader.num_docs()));
        let together = to_bring_together(&documents.collect::<Vec<_>>());
        let together: Vec<&SegmentReader> =
            together.iter().map(|number| &readers[*number]).collect();
        let segments: Vec<SegmentId> = together.iter().map(|one| one.segment_id()).collect();
        if segments.is_empty() || segments == self.refused {
            return Ok(());
        }
        let mut bytes = 0;
        for one in together {
            bytes += one.space_usage()?.total().get_bytes();
        }
        if has_room(bytes) {
            tracing::debug!(
                segments = segments.len(),
                bytes,
                "segments are brought together"
            );
            let outcome = writer.merge(&segments);
            *current = Some(Running { segments, outcome });
        }
        Ok(())
    }

    pub fn is_running(&mut self) -> bool {
        let running = self.running.get_mut();
        running.unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Which segments, told by the number of their documents, should become one: the smallest ones up to the last that has no
/// more than twice the documents of those before it.
fn to_bring_together(documents: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_key(|number| documents[*number]);
    let (mut smaller, mut count) = (0, 0);
    for (place, number) in order.iter().enumerate() {
        let own = documents[*number].max(SMALLEST);
        if place > 0 && own <= 2 * smaller {
            count = place + 1;
        }
        smaller += own;
    }
    order.truncate(count);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn together(documents: &[u64]) -> Vec<u64> {
        let chosen = to_bring_together(documents);
        chosen.iter().map(|number| documents[*number]).collect()
    }

    #[test]
    fn segments_stay_apart_when_each_has_more_than_twice_all_smaller_ones() {
        assert!(together(&[]).is_empty());
        assert!(together(&[7]).is_empty());
        assert!(together(&[100_000, 10_000, 2_001, 1]).is_empty());
    }

    #[test]
    fn the_small_become_one_and_the_large_is_left_alone() {
        assert_eq!(together(&[1, 100_000, 2, 3]), [1, 2, 3]);
        assert_eq!(together(&[12_500; 8]), [12_500; 8]);
        assert_eq!(together(&[100_000, 20_000, 11_000]), [11_000, 20_000]);
    }
}

//! Work on independent lines, by one thread or several, to the same bits.
//!
//! Work is cut into chunks that depend on the array alone, never on the number of threads, and partial results come back
//! in the order of the chunks; whoever sums them sums in that order.

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::CrossbarError;

/// The threads of one solver.
pub(crate) struct Crew {
    pool: Option<ThreadPool>,
}

impl Crew {
    /// A crew of some threads; one thread is the caller's own.
    pub(crate) fn new(threads: usize) -> Result<Crew, CrossbarError> {
        if threads <= 1 {
            return Ok(Crew { pool: None });
        }
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| CrossbarError::Threads { threads, source: error })?;
        Ok(Crew { pool: Some(pool) })
    }

    /// Works on each chunk with a scratch space that is made once per thread; results are in the order of chunks.
    pub(crate) fn map<S, I: Send, R: Send>(
        &self,
        chunks: Vec<I>,
        scratch: impl Fn() -> S + Send + Sync,
        work: impl Fn(&mut S, usize, I) -> R + Send + Sync,
    ) -> Vec<R> {
        match &self.pool {
            None => {
                let mut space = scratch();
                chunks
                    .into_iter()
                    .enumerate()
                    .map(|(k, chunk)| work(&mut space, k, chunk))
                    .collect()
            }
            Some(pool) => pool.install(|| {
                let chunks = chunks.into_par_iter().enumerate();
                chunks.map_init(scratch, |space, (k, chunk)| work(space, k, chunk)).collect()
            }),
        }
    }

    /// Sums what each chunk yields, in their order.
    pub(crate) fn sum<I: Send>(
        &self,
        chunks: Vec<I>,
        work: impl Fn(usize, I) -> f64 + Send + Sync,
    ) -> f64 {
        self.map(chunks, || (), |(), k, chunk| work(k, chunk)).iter().sum()
    }
}

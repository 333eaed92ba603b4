//! What may take its time gives way to what people wait for.

/// Lets everybody else go first from now on: this thread, and those that it starts. Where the system does not know
/// priorities of threads, nothing happens.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        let thread = Some(rustix::thread::gettid());
        if let Err(error) = rustix::process::setpriority_process(thread, NICENESS) {
            tracing::debug!(%error, "a thread keeps its priority");
        }
    }
}

/// A thread of usual priority gets about ten times as much of a core as one of this, and all that nobody wants is its own.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

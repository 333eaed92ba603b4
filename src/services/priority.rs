//! What may take its time gives way to what people wait for.

/// Lets others go first from now on: this thread, and those that it starts, have this niceness (of 19). At 10, a thread of
/// usual priority gets about ten times as much of a core, at 15 thirty times; what nobody wants is theirs all the same.
/// Where the system does not know priorities of threads, nothing happens.
pub fn give_way(niceness: i32) {
    #[cfg(target_os = "linux")]
    {
        let thread = Some(rustix::thread::gettid());
        if let Err(error) = rustix::process::setpriority_process(thread, niceness) {
            tracing::debug!(%error, "a thread keeps its priority");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = niceness;
}

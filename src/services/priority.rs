//! What may take its time gives way to what people wait for.

/// Lets others go first from now on: this thread, and those that it starts, have a core while nobody else wants it, and the
/// system counts a core that they have as a free one. A niceness is not enough: a thread that wakes up would wait for some
/// milliseconds until a nice one has had its turn, and searches beside one that hashes came six times as late at p99. On a
/// machine without a moment's rest, a thread that gives way still gets about three in a thousand parts of a core (the weight
/// of `SCHED_IDLE`, sched(7)). Where the system does not know such threads, nothing happens.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
            set_thread_priority_and_policy, thread_native_id,
        };

        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let set = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
        if let Err(error) = set {
            tracing::debug!(%error, "a thread keeps its priority");
        }
    }
}

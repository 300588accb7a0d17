//! What both loops share: the records, the jobs' functions and the state of s20. No engine, no schema library: what is left of the
//! jobs when somebody writes them by hand for this one purpose.
pub mod partition;
pub mod records;
pub mod statistics;

/// Partitions of every topic.
pub const PARTITIONS: usize = 5;

/// A commit takes place when this time has passed since the last one.
pub const COMMIT_INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// A setting from the environment.
pub fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

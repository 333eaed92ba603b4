//! What happens around a person's account.
//!
//! Start with [`hashing`]: the one place where passwords are hashed.

pub mod hashing;

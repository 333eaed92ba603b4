//! Classo finds the digital educational resource that suits a class, and says why.
//!
//! ```text
//!                     main
//!             +--------+--------+
//!            cli               http          doors: words in, words out
//!             +--------+--------+
//!                     app                    wiring: builds every service once
//!                      |
//!                  services                  verbs: one file per thing Classo does
//!      +----------+----+-----+-----------+------------+-----------+--------+
//!    index     ranking   relevance     store    interchange    guidance    mail    workshops, strangers to one another
//!      +----------+----+-----+-----------+------------+-----------+--------+
//!                    query                   the question, and the raw answer
//!                      |
//!                   domain                   the nouns and their rules
//! ```
//!
//! Imports run downwards. [`config`] stands beside `main`; [`index_schema`] reads the folder of the same name and stands on
//! the floor of `query`.
//!
//! # One search, followed by hand
//!
//! 1. [`http::router`]: path to handler.
//! 2. [`http::api::search`]: the query string or the body, through [`query::params`], becomes a
//!    [`Query`](query::search_query::Query), or every [`Problem`](domain::problem::Problem) in it.
//! 3. [`services::search`]: the only file that sees the whole journey; it calls 4 to 8 one after the other.
//! 4. [`query::understanding`]: expressions such as "4e année" become filters or signals; [`query::plan`]: what remains becomes
//!    words, phrases, exclusions, filters and a page.
//! 5. [`domain::profile`]: what ranking may see of the asker, a `ProfileView`.
//! 6. [`ranking::rank`]: view and weights become a [`Rank`](query::rank::Rank): tables of points.
//! 7. [`index::search`]: top hits, counts and total in one pass over one [`Snapshot`](index::Snapshot).
//! 8. [`ranking::explanation`]: the reasons of the page's hits, whose points add up to their scores.
//! 9. Back in [`http::api::search`]: the outcome becomes JSON.
//!
//! # One write, followed by hand
//!
//! 1. [`http::api::admin`] or `cli::import`: a stream; [`interchange::recognition`] finds out what it is.
//! 2. [`services::catalogue`]: batches; [`interchange::records`] reads them, [`domain::draft`] makes resources of them.
//! 3. [`store`]: one transaction for records and journal entries, on disk before anybody is told.
//! 4. [`services::indexing`], on its own thread: the changes after the last indexed one.
//! 5. [`index::document`] and [`index::writer`]: a resource becomes a document; the commit carries the sequence number, and
//!    the next search sees the new snapshot.
//!
//! The same journal fills a fresh generation in [`services::reindex`], and a file in [`store::backup`].

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod guidance;
pub mod http;
pub mod index;
pub mod index_schema;
pub mod interchange;
pub mod mail;
pub mod query;
pub mod ranking;
pub mod relevance;
pub mod services;
pub mod store;

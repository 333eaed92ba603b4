//! Which part of the results to show, and in which order.

/// The part of the ordered results that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub limit: usize,
    pub offset: usize,
}

impl Page {
    pub const DEFAULT_LIMIT: usize = 20;
    pub const MAX_LIMIT: usize = 100;
    pub const MAX_OFFSET: usize = 10_000;

    /// How many results must be known in order to show the page.
    pub fn depth(self) -> usize {
        self.offset + self.limit
    }
}

impl Default for Page {
    fn default() -> Self {
        Page {
            limit: Page::DEFAULT_LIMIT,
            offset: 0,
        }
    }
}

/// The order of the results; equal ones are ordered by score, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Relevance,
    /// Latest `updated_at` first, unknown last.
    Newest,
    /// Title in the asked language, else in any.
    Title,
    /// Cheapest first, unknown last.
    Price,
}

impl Sort {
    pub const NAMES: [(&'static str, Sort); 4] = [
        ("relevance", Sort::Relevance),
        ("newest", Sort::Newest),
        ("title", Sort::Title),
        ("price", Sort::Price),
    ];

    pub fn from_name(name: &str) -> Option<Sort> {
        Sort::NAMES
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, sort)| sort)
    }
}

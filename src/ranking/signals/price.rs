//! The asker's budget.

use crate::domain::language::Bilingual;
use crate::ranking::signal::{Input, Seen, Signal};

/// 1 when the cost is within the budget, else budget ÷ cost: a little too dear is better than far too dear.
pub struct Budget {
    cents: u64,
    unknown: f64,
}

impl Budget {
    pub fn new(cents: u64, unknown: f64) -> Self {
        Budget { cents, unknown }
    }
}

impl Signal for Budget {
    fn name(&self) -> &'static str {
        "budget"
    }

    fn input(&self) -> Input {
        Input::Cost
    }

    fn value(&self, seen: Seen) -> f64 {
        match seen {
            Seen::Cost(Some(cost)) if cost <= self.cents => 1.0,
            Seen::Cost(Some(cost)) => self.cents as f64 / cost as f64,
            _ => self.unknown,
        }
    }

    fn sentence(&self, seen: Seen) -> Bilingual {
        match seen {
            Seen::Cost(Some(0)) => Bilingual::new("Ne coûte rien.", "Costs nothing."),
            Seen::Cost(Some(cost)) if cost <= self.cents => {
                Bilingual::new("Entre dans votre budget.", "Within your budget.")
            }
            Seen::Cost(Some(_)) => Bilingual::new("Dépasse votre budget.", "Above your budget."),
            _ => Bilingual::new("Son prix n'est pas connu.", "Its price is not known."),
        }
    }
}

//! Tokens of operators' programs: each is as good as the account that made it, if it was none at the console.

use std::io;

use jiff::SignedDuration;

use super::Accounts;
use crate::domain::account::{Account, PersonId, ServiceRole};
use crate::domain::actor::Actor;
use crate::services::ServiceError;
use crate::store::tokens::{OperatorToken, TokenRefusal};
use crate::store::vault::VaultError;

impl Accounts {
    /// The record of a presented token, or why it opens nothing.
    ///
    /// # Errors
    /// When the account that made it cannot be read.
    pub fn check_operator_token(
        &self,
        token: &str,
    ) -> Result<Result<OperatorToken, TokenRefusal>, ServiceError> {
        let checked = self.tokens.check(token, self.now());
        if let Ok(OperatorToken {
            made_by: Some(maker),
            ..
        }) = checked
            && !self.operates(maker)?
        {
            return Ok(Err(TokenRefusal::Orphaned));
        }
        Ok(checked)
    }

    /// Makes a token in the name of an operator: what a token makes is its maker's too.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make_operator_token(
        &self,
        actor: &Actor,
        label: &str,
        lifetime: SignedDuration,
    ) -> io::Result<String> {
        let made_by = match actor {
            Actor::Operator { made_by, .. } => *made_by,
            other => other.person(),
        };
        self.tokens.create(label, made_by, self.now(), lifetime)
    }

    /// Clears away the tokens of an account that is closed: they open nothing any more, and nothing of it is to be left.
    pub(super) fn remove_operator_tokens(&self, person: PersonId) {
        if let Err(error) = self.tokens.revoke_made_by(person) {
            tracing::warn!(%error, "the tokens of a closed account are left behind");
        }
    }

    /// Whether a person has an account, and by it the role of operator.
    fn operates(&self, person: PersonId) -> Result<bool, ServiceError> {
        let account = match self.record::<Account>(&Actor::Visitor, person) {
            Err(VaultError::NoSuchPerson) => None,
            account => account?,
        };
        Ok(account.is_some_and(|account| account.service_roles.contains(&ServiceRole::Operator)))
    }
}

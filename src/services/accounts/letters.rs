//! Letters about accounts: written in the same change as what they tell, so that neither is there without the other.

use super::Accounts;
use crate::domain::account::{Account, EmailAddress};
use crate::domain::language::Language;
use crate::domain::letter::{Letter, LetterId, OutgoingLetter};
use crate::services::ServiceError;
use crate::store::vault::WaitingLetter;
use crate::store::vault::changes::Changes;

impl Accounts {
    /// Adds a letter to the changes of a person.
    pub(super) fn letter(
        &self,
        changes: Changes,
        to: &EmailAddress,
        language: Language,
        letter: Letter,
    ) -> Result<Changes, ServiceError> {
        let outgoing = OutgoingLetter {
            id: LetterId::from_random(self.vault.random()?),
            to: to.as_str().to_owned(),
            language,
            written_at: self.now(),
            letter,
            unsubscribe: None,
        };
        let name = outgoing.id.to_string();
        Ok(changes.append(name.as_bytes(), &WaitingLetter::new(outgoing)))
    }

    /// To the address of an account.
    pub(super) fn letter_to(
        &self,
        changes: Changes,
        account: &Account,
        letter: Letter,
    ) -> Result<Changes, ServiceError> {
        self.letter(changes, &account.email, account.language, letter)
    }

    /// The address of a page in the reader's language.
    pub(super) fn page(&self, language: Language, page: &str) -> String {
        format!("{}/{}/{page}", self.site, language.tag())
    }

    /// The same with a token, where no server's log sees it.
    pub(super) fn link(&self, language: Language, page: &str, token: &str) -> String {
        format!("{}#{token}", self.page(language, page))
    }
}

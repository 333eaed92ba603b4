//! Opens store and index, builds the services, starts and stops the indexing thread.

use std::path::Path;
use std::sync::Arc;

use crate::domain::clock::{Clock, SystemClock};
use crate::index::writer::{self, Index};
use crate::index_schema::{IndexSchema, IndexSchemaError};
use crate::interchange::mapping::{MappingError, Mappings};
use crate::mail;
use crate::ranking::weights::Weights;
use crate::services::ServiceError;
use crate::services::accounts::Accounts;
use crate::services::accounts::hashing::{self, Hashing};
use crate::services::analytics::Analytics;
use crate::services::backup::Backup;
use crate::services::catalogue::Catalogue;
use crate::services::compare::Compare;
use crate::services::consents::Consents;
use crate::services::decisions::Decisions;
use crate::services::dossier::Dossiers;
use crate::services::duplicates::Duplicates;
use crate::services::guidance::Guidance;
use crate::services::indexing::{Indexing, Outdated};
use crate::services::links::Links;
use crate::services::outbox::{Outbox, OutboxError};
use crate::services::profiles::Profiles;
use crate::services::reindex::Reindex;
use crate::services::search::Search;
use crate::services::similar::Similar;
use crate::services::suggest::Suggest;
use crate::services::tasks::Tasks;
use crate::services::why::Why;
use crate::store::keyring::{self, KeyError, KeySettings};
use crate::store::register::{Register, RegisterError};
use crate::store::tokens::OperatorTokens;
use crate::store::vault::{Vault, VaultError};
use crate::store::{Store, StoreError};

/// What an app can be told besides its data folder.
#[derive(Debug, Clone)]
pub struct Settings {
    pub passwords: hashing::Settings,
    pub keys: KeySettings,
    /// How letters leave; without, they wait for an app that sends.
    pub mail: Option<mail::Settings>,
    /// The address at which people reach Classo; letters link to it.
    pub site: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            passwords: hashing::Settings::default(),
            keys: KeySettings::default(),
            mail: Some(mail::Settings::default()),
            site: String::new(),
        }
    }
}

/// Everything about persons.
pub struct People {
    pub vault: Arc<Vault>,
    pub accounts: Accounts,
    pub consents: Consents,
    pub profiles: Arc<Profiles>,
    pub decisions: Arc<Decisions>,
    pub outbox: Option<Outbox>,
}

/// A running Classo, without doors.
pub struct App {
    pub schema: Arc<IndexSchema>,
    pub store: Arc<Store>,
    pub index: Arc<Index>,
    pub search: Arc<Search>,
    pub suggest: Suggest,
    pub similar: Similar,
    pub guidance: Guidance,
    pub compare: Compare,
    pub dossiers: Dossiers,
    pub why: Why,
    pub catalogue: Arc<Catalogue>,
    pub mappings: Arc<Mappings>,
    pub indexing: Arc<Indexing>,
    pub reindex: Arc<Reindex>,
    pub tasks: Arc<Tasks>,
    pub backup: Backup,
    pub analytics: Analytics,
    pub links: Arc<Links>,
    pub duplicates: Duplicates,
    pub tokens: Arc<OperatorTokens>,
    pub people: People,
    pub clock: Arc<dyn Clock>,
    /// What the catalogue stood at when it was opened: until that is findable, answers are not whole.
    opened_at: u64,
}

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Schema(#[from] IndexSchemaError),
    #[error("index-schema/ranking.toml: {0}")]
    Ranking(String),
    #[error(transparent)]
    Mapping(#[from] MappingError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("it is a file; --data names a folder")]
    NotAFolder,
    #[error("a thread cannot start: {0}")]
    Thread(std::io::Error),
}

impl App {
    /// Opens a data folder, making it when it is not there.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process holds the folder; else what is wrong with its content.
    pub fn open(data: &Path) -> Result<App, StartError> {
        App::open_at(data, Arc::new(SystemClock), Outdated::Rebuild)
    }

    /// As [`App::open`], with a clock of the caller's, and a choice of what becomes of an outdated index.
    pub fn open_at(
        data: &Path,
        clock: Arc<dyn Clock>,
        outdated: Outdated,
    ) -> Result<App, StartError> {
        App::open_with(data, &Settings::default(), clock, outdated)
    }

    /// As [`App::open_at`], with settings.
    pub fn open_with(
        data: &Path,
        settings: &Settings,
        clock: Arc<dyn Clock>,
        outdated: Outdated,
    ) -> Result<App, StartError> {
        if data.is_file() {
            return Err(StartError::NotAFolder);
        }
        // Before anything is made that would be in a restore's way.
        keyring::must_not_be_only_copy(&data.join("keys"), &settings.keys)?;
        let schema = Arc::new(IndexSchema::load(&data.join("index-schema"))?);
        let weights = weights(&schema)?;
        let mappings = Arc::new(Mappings::of(&schema)?);
        let store = Arc::new(Store::open(&data.join("store"))?);
        let tasks = Arc::new(Tasks::open(Arc::clone(&store), Arc::clone(&clock))?);
        let folder = data.join("index");
        let opened = writer::open(&folder, &schema).map_err(ServiceError::from)?;
        let index = Arc::new(opened.index);
        let indexing = Indexing::start(
            Arc::clone(&store),
            Arc::clone(&index),
            opened.writer,
            folder.clone(),
            Arc::clone(&schema),
            outdated,
        );
        let indexing = Arc::new(indexing.map_err(StartError::Thread)?);
        let tokens = Arc::new(OperatorTokens::new(data));
        let people = People::open(data, settings, &store, &tokens, &clock)?;
        let search = Search::new(
            Arc::clone(&index),
            Arc::clone(&schema),
            weights.clone(),
            Arc::clone(&clock),
        );
        let search = Arc::new(
            search.for_people(Arc::clone(&people.profiles), Arc::clone(&people.decisions)),
        );
        let reindex = Reindex::new(
            Arc::clone(&store),
            Arc::clone(&index),
            Arc::clone(&indexing),
            Arc::clone(&search),
            data,
            Arc::clone(&schema),
        );
        reindex.note_ranking();
        let catalogue = Arc::new(Catalogue::new(
            Arc::clone(&store),
            Arc::clone(&schema),
            Arc::clone(&mappings),
        ));
        let analytics =
            Analytics::start(Arc::clone(&store), Arc::clone(&clock), Arc::clone(&schema));
        Ok(App {
            duplicates: Duplicates::new(Arc::clone(&store)),
            links: Arc::new(Links::new(Arc::clone(&store), Arc::clone(&clock))),
            analytics: analytics.map_err(StartError::Thread)?,
            why: Why::new(Arc::clone(&search), Arc::clone(&catalogue)),
            dossiers: Dossiers::new(Arc::clone(&search), Arc::clone(&catalogue)),
            compare: Compare::new(Arc::clone(&search), Arc::clone(&catalogue)),
            similar: Similar::new(Arc::clone(&index), Arc::clone(&schema), weights),
            suggest: Suggest::new(Arc::clone(&index), Arc::clone(&search), Arc::clone(&schema)),
            guidance: Guidance::new(Arc::clone(&search)),
            search,
            catalogue,
            mappings,
            reindex: Arc::new(reindex),
            backup: Backup::new(
                Arc::clone(&store),
                Arc::clone(&people.vault),
                Arc::clone(&clock),
            ),
            tasks,
            tokens,
            people,
            opened_at: store.sequence(),
            schema,
            store,
            index,
            indexing,
            clock,
        })
    }

    /// Whether the index has yet to learn some of what the catalogue held when it was opened.
    pub fn is_catching_up(&self) -> bool {
        self.indexing.indexed() < self.opened_at
    }

    /// Ends well: tasks are cancelled, the indexing thread finishes its step, the store is written out.
    pub fn close(self) -> Result<(), StoreError> {
        self.tasks.stop();
        self.indexing.stop();
        self.analytics.stop();
        self.people.accounts.stop();
        if let Some(outbox) = &self.people.outbox {
            outbox.stop();
        }
        self.people.decisions.stop();
        self.store.close()
    }
}

impl People {
    fn open(
        data: &Path,
        settings: &Settings,
        store: &Arc<Store>,
        tokens: &Arc<OperatorTokens>,
        clock: &Arc<dyn Clock>,
    ) -> Result<People, StartError> {
        let register = Arc::new(Register::load(data)?);
        let keys = &settings.keys;
        let vault = Vault::open(data, Arc::clone(store), register, keys, Arc::clone(clock))?;
        let vault = Arc::new(vault);
        let hashing = Hashing::start(&settings.passwords).map_err(StartError::Thread)?;
        let accounts = Accounts::start(
            Arc::clone(&vault),
            Arc::clone(tokens),
            Arc::new(hashing),
            Arc::clone(clock),
            &settings.site,
        );
        let decisions = Decisions::start(Arc::clone(&vault), Arc::clone(clock));
        let outbox = settings.mail.as_ref().map(|mail| {
            let (vault, clock) = (Arc::clone(&vault), Arc::clone(clock));
            Outbox::start(vault, mail, &settings.site, &data.join("outbox"), clock)
        });
        Ok(People {
            accounts: accounts.map_err(StartError::Thread)?,
            consents: Consents::new(Arc::clone(&vault), Arc::clone(clock)),
            profiles: Arc::new(Profiles::new(Arc::clone(&vault))),
            decisions: Arc::new(decisions.map_err(StartError::Thread)?),
            outbox: outbox.transpose()?,
            vault,
        })
    }
}

/// The weights of a schema's own ranking file.
pub fn weights(schema: &IndexSchema) -> Result<Weights, StartError> {
    Weights::parse(&schema.ranking, &schema.text_fields, &schema.vocabularies)
        .map_err(StartError::Ranking)
}

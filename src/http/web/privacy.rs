//! Privacy in clear words: what the register of processing says is kept, why and how long, between what the founding policy
//! promises besides. The register is what the program goes by, so the page says what the code does.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::Frame;
use super::prose::{Prose, SectionView, VersionView};
use super::texts::{Html, Ui};
use super::visit::{Visit, written};
use crate::domain::consent::Purpose;
use crate::domain::language::Bilingual;
use crate::domain::permit::Basis;
use crate::http::Server;
use crate::http::error::ApiResult;
use crate::store::register::{CategoryEntry, Processor, PurposeEntry, Register};

static PRIVACY: LazyLock<Prose> =
    LazyLock::new(|| Prose::parse(include_str!("texts/privacy.toml")));

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    ui: Ui,
    frame: Frame,
    /// The day this version of the register is of.
    since: Html,
    /// What comes before the register's part, and after it.
    before: Vec<SectionView>,
    after: Vec<SectionView>,
    kept: Vec<KeptView>,
    /// What the register foresees, and this program does not collect.
    not_collected: Vec<Html>,
    purposes: Vec<PurposeView>,
    recipients: Vec<RecipientView>,
    places: Html,
    measures: Html,
    contact: ContactView,
    versions: Vec<VersionView>,
}

/// One kind of record.
struct KeptView {
    id: String,
    title: Html,
    fields: Html,
    why: Vec<Html>,
    until: Html,
}

struct PurposeView {
    id: &'static str,
    why: Html,
    basis: &'static Html,
    /// With consent: how long it holds, what a withdrawal changes, and the version of what is asked.
    consent: Option<ConsentView>,
}

struct ConsentView {
    valid: Html,
    withdrawal: Html,
    version: Html,
}

struct RecipientView {
    name: Html,
    role: Html,
    country: Html,
    url: String,
}

struct ContactView {
    controller: Html,
    address: Html,
    officer: Html,
    email: Html,
    authority: Html,
    authority_url: String,
}

/// The section that the register's part follows.
const BEFORE: [&str; 2] = ["search", "never"];

pub async fn page(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    let answer = |server: &Server, visit: &Visit| {
        written(&view(visit, server.app.people.consents.register()))
    };
    visit.show(server, answer).await
}

fn view(visit: &Visit, register: &Register) -> PrivacyPage {
    let ui = visit.ui;
    let (title, text) = (
        ui.t("privacy.title").clone(),
        ui.t("privacy.description").clone(),
    );
    let sections = PRIVACY.sections(ui).into_iter();
    let (before, after) = sections.partition(|section| BEFORE.contains(&section.id.as_str()));
    let (kept, others): (Vec<&CategoryEntry>, Vec<&CategoryEntry>) = register
        .categories()
        .iter()
        .partition(|entry| entry.collected);
    let kept_for = |purpose: Purpose| kept.iter().any(|entry| is_for(entry, purpose));
    let in_use = register.purposes().iter();
    let in_use = in_use.filter(|purpose| kept_for(purpose.id));
    let recipients = register.processors.iter();
    let recipients = recipients.filter(|processor| processor.in_use);
    PrivacyPage {
        frame: Frame::new(visit, "privacy", title, text),
        since: ui.date(&register.version),
        before,
        after,
        kept: kept
            .iter()
            .map(|entry| kept_view(ui, register, entry))
            .collect(),
        not_collected: others.iter().map(|entry| ui.label(&entry.title)).collect(),
        purposes: in_use.map(|entry| purpose_view(ui, entry)).collect(),
        recipients: recipients.map(|one| recipient_view(ui, one)).collect(),
        places: places(ui, &register.storage.locations),
        measures: ui.label(&register.storage.measures),
        contact: ContactView {
            controller: ui.set(&register.controller.name),
            address: ui.set(&register.controller.address),
            officer: ui.label(&register.officer.title),
            email: ui.set(&register.officer.email),
            authority: ui.label(&register.authority.name),
            authority_url: register.authority.url.clone(),
        },
        versions: PRIVACY.versions(ui),
        ui,
    }
}

fn is_for(entry: &CategoryEntry, purpose: Purpose) -> bool {
    entry
        .fields
        .iter()
        .any(|field| field.purposes.contains(&purpose))
}

fn kept_view(ui: Ui, register: &Register, entry: &CategoryEntry) -> KeptView {
    let fields = entry.fields.iter().map(|field| ui.label(&field.what));
    let fields: Vec<String> = fields.map(|field| field.to_string()).collect();
    let purposes = register.purposes().iter();
    let purposes = purposes.filter(|purpose| is_for(entry, purpose.id));
    KeptView {
        id: entry.id.clone(),
        title: ui.label(&entry.title),
        fields: Html::of_trusted(fields.join(" · ")),
        why: purposes.map(|purpose| ui.label(&purpose.why)).collect(),
        until: ui.label(&Bilingual::new(&*entry.retention.fr, &*entry.retention.en)),
    }
}

fn purpose_view(ui: Ui, entry: &PurposeEntry) -> PurposeView {
    let consent = match (&entry.notice, &entry.withdrawal, entry.valid_months) {
        (Some(notice), Some(withdrawal), Some(months)) => Some(ConsentView {
            valid: ui.n("privacy.valid", u64::from(months)),
            withdrawal: ui.label(withdrawal),
            version: ui.fill("privacy.notice_of", &ui.date(&notice.version)),
        }),
        _ => None,
    };
    PurposeView {
        id: entry.id.id(),
        why: ui.label(&entry.why),
        basis: match entry.basis {
            Basis::Consent => ui.t("privacy.basis_consent"),
            Basis::Contract => ui.t("privacy.basis_contract"),
            Basis::Request => ui.t("privacy.basis_request"),
            Basis::LegalObligation => ui.t("privacy.basis_law"),
            Basis::NotPersonal => ui.t("privacy.basis_none"),
        },
        consent,
    }
}

fn recipient_view(ui: Ui, processor: &Processor) -> RecipientView {
    RecipientView {
        name: ui.set(&processor.name),
        role: ui.label(&processor.role),
        country: ui.set(&processor.country),
        url: processor.policy_url.clone(),
    }
}

/// Where it is kept; the register names places by their ISO codes.
fn places(ui: Ui, codes: &[String]) -> Html {
    let named = codes.iter().map(|code| match code.as_str() {
        "CA-QC" => ui.t("privacy.quebec").to_string(),
        code => ui.set(code).to_string(),
    });
    Html::of_trusted(named.collect::<Vec<_>>().join(", "))
}

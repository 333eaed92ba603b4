//! Receipts of a consent: a record by ISO/IEC TS 27560:2023, and the older Kantara receipt 1.1 for programs that read it.

use serde_json::{Map, Value, json};

use crate::domain::account::PersonId;
use crate::domain::consent::{ConsentEvent, ConsentMethod, Decision};
use crate::domain::language::{Bilingual, Language};
use crate::domain::permit::Basis;
use crate::store::register::{FieldEntry, PurposeEntry, Register};

/// What a receipt is made from.
pub struct Receipt<'a> {
    pub register: &'a Register,
    pub person: PersonId,
    pub id: &'a str,
    pub event: &'a ConsentEvent,
}

/// The version of the schema that a record names.
const SCHEMA: &str = "ISO/IEC TS 27560:2023";

impl Receipt<'_> {
    /// By ISO/IEC TS 27560: header, processing, parties, and the event.
    pub fn iso(&self) -> Value {
        let Receipt {
            register, event, ..
        } = self;
        let (entry, language) = (self.entry(), event.language);
        let controller = &register.controller;
        let retention = self.retentions();
        json!({
            "schema_version": SCHEMA,
            "record_id": self.id,
            "receipt_id": format!("{}-receipt", self.id),
            "pii_principal_id": self.person.to_string(),
            "pii_processing": [{
                "privacy_notice": {"version": event.notice_version, "text": event.text, "url": controller.policy_url},
                "language": language.tag(),
                "purpose": {"id": entry.id.id(), "description": entry.why.get(language)},
                "purpose_type": if entry.profiling { "profiling" } else { "service" },
                "lawful_basis": "consent",
                "pii_information": self.fields().map(|(category, field)| json!({
                    "pii_type": field.what.get(language),
                    "pii_attribute_id": format!("{category}.{}", field.name),
                    "pii_optional": true,
                    "sensitive_pii_category": false,
                    "special_pii_category": false,
                })).collect::<Vec<_>>(),
                "pii_controllers": ["controller"],
                "collection_method": self.method(),
                "processing_method": if entry.profiling { "automated" } else { "manual or automated" },
                "storage_locations": register.storage.locations,
                "retention_period": retention,
                "processing_locations": register.storage.locations,
                "geographic_restrictions": register.storage.locations,
                "service": controller.name,
                "jurisdiction": register.jurisdiction,
                "recipient_third_parties": self.recipients(),
                "withdrawal_method": {"how": "POST /api/v1/consents {\"decision\": \"withdraw\"}",
                    "changes": entry.withdrawal.as_ref().map(|text| text.get(language))},
                "privacy_rights": {"contact": register.officer.email,
                    "authority": {"name": register.authority.name.get(language), "url": register.authority.url}},
            }],
            "parties": [{
                "party_id": "controller", "party_name": controller.name, "party_address": controller.address,
                "party_contact": register.officer.email, "party_type": "pii-controller",
                "party_role": register.officer.title.get(language), "party_url": controller.url,
            }],
            "events": [{
                "event_time": event.at, "validity_duration": self.validity(),
                "entity_id": self.person.to_string(), "event_type": "explicit", "event_state": self.state(),
            }],
        })
    }

    /// By Kantara's Consent Receipt 1.1.0.
    pub fn kantara(&self) -> Value {
        let Receipt {
            register, event, ..
        } = self;
        let (entry, language) = (self.entry(), event.language);
        let controller = &register.controller;
        let recipients = self.recipients();
        let categories: Vec<&str> = self
            .fields()
            .map(|(_, field)| field.what.get(language))
            .collect();
        json!({
            "version": "KI-CR-v1.1.0",
            "jurisdiction": register.jurisdiction,
            "consentTimestamp": event.at.as_second(),
            "collectionMethod": self.method(),
            "consentReceiptID": self.id,
            "publicKey": "",
            "language": language.tag(),
            "piiPrincipalId": self.person.to_string(),
            "piiControllers": [{"piiController": controller.name, "contact": register.officer.title.get(language),
                "address": {"streetAddress": controller.address}, "email": register.officer.email, "phone": "",
                "piiControllerUrl": controller.url}],
            "policyUrl": controller.policy_url,
            "services": [{"service": controller.name, "purposes": [{
                "purpose": entry.why.get(language), "purposeCategory": [entry.id.id()],
                "consentType": match event.decision {
                    Decision::Grant => "EXPLICIT",
                    Decision::Refuse => "REFUSED",
                    Decision::Withdraw => "WITHDRAWN",
                },
                "piiCategory": categories, "primaryPurpose": false,
                "termination": event.expires_at.map_or_else(|| "none".to_owned(), |end| end.to_string()),
                "thirdPartyDisclosure": !recipients.is_empty(),
                "thirdPartyName": recipients.iter().filter_map(|party| party["name"].as_str()).collect::<Vec<_>>().join(", "),
            }]}],
            "sensitive": false,
            "spiCat": [],
        })
    }

    fn entry(&self) -> &PurposeEntry {
        self.register.purpose(self.event.purpose)
    }

    /// What is used for the purpose, with the category it belongs to.
    fn fields(&self) -> impl Iterator<Item = (&str, &FieldEntry)> {
        let categories = self
            .register
            .categories()
            .iter()
            .filter(|category| category.collected);
        let fields = categories.flat_map(|category| {
            category
                .fields
                .iter()
                .map(|field| (category.id.as_str(), field))
        });
        fields.filter(|(_, field)| field.purposes.contains(&self.event.purpose))
    }

    fn retentions(&self) -> Map<String, Value> {
        let categories = self
            .register
            .categories()
            .iter()
            .filter(|category| category.collected);
        let used = categories.filter(|category| {
            let mut fields = category.fields.iter();
            fields.any(|field| field.purposes.contains(&self.event.purpose))
        });
        let told = used.map(|category| {
            let text = Bilingual::new(&category.retention.fr, &category.retention.en);
            (category.id.clone(), text.get(self.event.language).into())
        });
        told.collect()
    }

    /// Processors that Classo sends something for the purpose.
    fn recipients(&self) -> Vec<Value> {
        let processors = self.register.processors.iter();
        let used = processors.filter(|processor| {
            processor.in_use && processor.purposes.contains(&self.event.purpose)
        });
        used.map(|processor| json!({"name": processor.name, "role": processor.role.get(self.event.language), "country": processor.country}))
            .collect()
    }

    fn method(&self) -> &'static str {
        let method = match (self.event.method, self.event.language) {
            (ConsentMethod::Browser, Language::Fr) => "site, personne connectée",
            (ConsentMethod::Browser, Language::En) => "site, signed-in person",
            (ConsentMethod::Program, Language::Fr) => "programme de la personne",
            (ConsentMethod::Program, Language::En) => "the person's program",
            (ConsentMethod::PrivacySignal, _) => "Global Privacy Control",
        };
        debug_assert!(self.entry().basis == Basis::Consent);
        method
    }

    fn validity(&self) -> String {
        let months = self.entry().valid_months.unwrap_or(0);
        match self.event.decision {
            Decision::Grant => format!("P{months}M"),
            Decision::Refuse | Decision::Withdraw => "P0D".to_owned(),
        }
    }

    /// The state that the event brought about, by the words of the Data Privacy Vocabulary.
    fn state(&self) -> &'static str {
        match self.event.decision {
            Decision::Grant => "ConsentGiven",
            Decision::Refuse => "ConsentRefused",
            Decision::Withdraw => "ConsentWithdrawn",
        }
    }
}

//! Classo seen from outside: over HTTP, at the command line, and through crashes.
//!
//! 1. `search`: what matches, how it is ordered, what is explained, what a page looks like.
//! 2. `facets`: counts equal a brute-force count for thousands of random questions.
//! 3. `personas`: changing one attribute of a profile moves what it should and nothing else.
//! 4. `bad_input`: every kind of bad input gets a clear 4xx that names the field.
//! 5. `admin`: import and removal over HTTP, and who may do them.
//! 6. `commands`: the command line as an operator uses it.
//! 7. `crash`: kill -9 at random moments; nothing acknowledged is lost.
//! 8. `snapshot`: searches during an import see one moment each.
//! 9. `catalogue`: the bundled catalogue keeps its promises.
//! 10. `readme`: what README says is what happens.
//! 11. `evaluate`: measuring many collections, other rankings beside ours, the report.
//! 12. `relevance`: how relevance is measured, and how relevant Classo's own answers are.
//! 13. `understanding`: what a question means besides its words, and what that does to the answer.
//! 14. `suggest`: what is suggested to who is typing.
//! 15. `similar`: what resembles a resource, and in what.
//! 16. `formats`: records in foreign formats become resources.
//! 17. `exchange`: import and export at the command line.
//! 18. `analysis`: which words are the same word.
//! 19. `generations`: a fresh index beside the one in use, the switch, the way back, the tasks that do it.
//! 20. `backup`: backups during writes, chains of them, and what comes of them.
//! 21. `doctor`: what is found in a data folder, repaired, or explained.
//! 22. `crash_operations`: kill -9 during reindex, rollback and backup.
//! 23. `guidance`: the next question, what to give up, and no dead end.
//! 24. `decide`: comparing a few resources, and why one is or is not among the results.
//! 25. `fuzz`: nothing that can be typed makes a reader stumble.
//! 26. `across_languages`: French questions find English resources, and the other way.
//! 27. `analytics`: counts of what was searched for, which name nothing rare and nobody.
//! 28. `links`: polite visits to the addresses of resources, and what comes of them.
//! 29. `duplicates`: resources that are about the same thing, merged, and led to by their old ids.
//! 30. `mail`: letters at a real mail server, and as files.
//! 31. `outbox`: letters wait in the vault until another has taken them.
//! 32. `nearness`: words that stand together, in one order over pages, filters and profiles.
//! 33. `web`: the pages as browsers without a script get them.
//! 34. `browser`: the pages in a real browser: the whole way by mouse, by keyboard and without script, and for everybody.
//! 35. `operators`: every admin door, the figures, the log, the report of an import.
//! 36. `people`: accounts, consents and profiles, from sign-up to the end.
//! 37. `people_kept`: persons in backups, and their keys.
//! 38. `two_accounts`: at no address does one person see or change anything of another's.
//! 39. `crash_people`: kill -9 during sign-ups, consents and deletions.
//! 40. `stress`: crowds, slow clients, silent ones.
//! 39. `disk_full`: a disk without room, files that may not grow.
//! 40. `damage`: flipped bytes, foreign stores, clocks that jump back, folders that cannot be written.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the message")]

mod across_languages;
mod admin;
mod analysis;
mod analytics;
mod backup;
mod bad_input;
mod browser;
mod catalogue;
mod commands;
mod crash;
mod crash_operations;
mod crash_people;
mod damage;
mod decide;
mod disk_full;
mod doctor;
mod dossier;
mod duplicates;
mod evaluate;
mod exchange;
mod facets;
mod formats;
mod fuzz;
mod generations;
mod guidance;
mod links;
mod mail;
mod nearness;
mod operators;
mod outbox;
mod people;
mod people_kept;
mod personas;
mod readme;
mod relevance;
mod search;
mod similar;
mod smtp;
mod snapshot;
mod stress;
mod suggest;
mod support;
mod two_accounts;
mod understanding;
mod web;

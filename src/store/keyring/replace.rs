//! Files that are replaced whole, leave nothing of what they held, and that only their owner reads.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::KeyError;

/// What a file is called until it is whole.
const UNFINISHED: &str = "new";

/// Writes a file beside the old one, syncs it, renames it over the old one, and overwrites the old one's bytes. A crash
/// leaves the old file or the new one. (A file system that copies on write keeps old bytes all the same until it needs
/// their room; they are of wrapped keys.)
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    replaced(path, bytes).map_err(|error| told(path, error))
}

fn replaced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension(UNFINISHED);
    let mut file = private(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let old = OpenOptions::new().write(true).open(path).ok();
    fs::rename(&unfinished, path)?;
    sync_folder_of(path)?;
    old.map_or(Ok(()), overwrite)
}

/// Moves a file to the place of another, whose bytes are then overwritten.
pub fn rename_over(from: &Path, to: &Path) -> Result<(), KeyError> {
    let old = OpenOptions::new().write(true).open(to).ok();
    let renamed = fs::rename(from, to).and_then(|()| sync_folder_of(to));
    let renamed = renamed.and_then(|()| old.map_or(Ok(()), overwrite));
    renamed.map_err(|error| told(to, error))
}

fn overwrite(mut file: File) -> io::Result<()> {
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    file.write_all(&vec![0; length])?;
    file.sync_all()
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder that only its owner enters, made when it is not there; what a crash left unfinished in it is overwritten and
/// removed.
pub fn private_folder(path: &Path) -> Result<(), KeyError> {
    let made = || -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        for entry in fs::read_dir(path)? {
            let file = entry?.path();
            if file
                .extension()
                .is_some_and(|extension| extension == UNFINISHED)
            {
                overwrite(OpenOptions::new().write(true).open(&file)?)?;
                fs::remove_file(&file)?;
            }
        }
        Ok(())
    };
    made().map_err(|error| told(path, error))
}

/// The files of a folder.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, KeyError> {
    let entries = fs::read_dir(folder).map_err(|error| told(folder, error))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

pub fn told(path: &Path, error: io::Error) -> KeyError {
    KeyError::Io {
        path: path.to_owned(),
        error,
    }
}

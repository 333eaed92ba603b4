//! Lays letters down as files, `outbox/NAME.eml`: what a trial shows, and what another program may send.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::message::Post;
use super::{DeliveryError, Transport};

pub struct FileTransport {
    folder: PathBuf,
}

impl FileTransport {
    pub fn new(folder: &Path) -> Self {
        FileTransport {
            folder: folder.to_owned(),
        }
    }

    fn lay_down(&self, post: &Post) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(&post.name).with_extension("eml");
        let unfinished = path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(&post.message.formatted())?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        fs::File::open(&self.folder)?.sync_all()
    }
}

impl Transport for FileTransport {
    fn send(&self, post: &Post) -> Result<(), DeliveryError> {
        // A full disk may have room again later.
        self.lay_down(post)
            .map_err(|error| DeliveryError::Transient(format!("the outbox: {}", error.kind())))
    }
}

/// Takes away every file of an owner, finished or not; says how many there were. Their bytes are overwritten first.
///
/// # Errors
/// When a file stays: it is to be tried again.
pub fn erase(folder: &Path, owner: &str) -> io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut erased = 0;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let is_owners = name
            .to_str()
            .and_then(|name| name.strip_prefix(owner))
            .is_some_and(|rest| rest.starts_with('-'));
        if is_owners {
            let file = fs::OpenOptions::new().write(true).open(entry.path())?;
            let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
            (&file).write_all(&vec![0; length])?;
            file.sync_all()?;
            fs::remove_file(entry.path())?;
            erased += 1;
        }
    }
    if erased > 0 {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(erased)
}

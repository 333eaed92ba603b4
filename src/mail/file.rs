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

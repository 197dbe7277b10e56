//! The file of one server.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use herd_core::Node;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};

use super::Restored;
use super::form::{self, Commit};

/// Clients and their records.
const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
/// Whose file this is, which life the server was in, and what its records cover.
const SERVER: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("server");

const NAME: &str = "name";
const INCARNATION: &str = "incarnation";
const COVERAGE: &str = "coverage";

/// Memory for pages, a server: the records are in memory anyway.
const CACHE: usize = 32 << 20;

/// An open file.
#[derive(Debug)]
pub(super) struct File {
    /// None after a failure: it is opened anew.
    database: Option<Database>,
    path: PathBuf,
    name: Vec<u8>,
    incarnation: u64,
    mended: bool,
}

/// Why a file cannot be used.
#[derive(Debug)]
pub enum OpenError {
    /// It is not what was written, and cannot be mended.
    Damaged(String),
    /// Another process has it open.
    InUse,
    /// It is another server's; whose.
    Stranger(String),
    /// The system, or the file's format, says no.
    System(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(why) => write!(f, "it is damaged and cannot be mended ({why})"),
            Self::InUse => write!(f, "another process has it open"),
            Self::Stranger(whose) => write!(f, "it is that of {whose}"),
            Self::System(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<redb::Error> for OpenError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "of dozens of errors two mean something")]
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::InUse,
            redb::Error::Corrupted(why) => Self::Damaged(why),
            // A file that is too short, or begins with something else.
            redb::Error::Io(why)
                if matches!(
                    why.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
                ) =>
            {
                Self::Damaged(why.to_string())
            }
            other => Self::System(other.to_string()),
        }
    }
}

impl File {
    pub(super) fn open(path: &Path, cluster: &str, name: &str) -> Result<Self, OpenError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|why| OpenError::System(why.to_string()))?;
        }
        let whose = format!("{cluster}\n{name}").into_bytes();
        let mut file = Self {
            database: None,
            path: path.to_owned(),
            name: whose,
            incarnation: 0,
            mended: false,
        };
        file.reopen()?;
        if let Some(folder) = path.parent() {
            // The file itself is synced by every commit; that it is there, by its folder.
            let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(file)
    }

    pub(super) const fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Opens the file, or opens it again after a failure.
    fn reopen(&mut self) -> Result<(), OpenError> {
        self.database = None;
        let mended = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&mended);
        let database = Database::builder()
            .set_cache_size(CACHE)
            .set_repair_callback(move |_| seen.store(true, Ordering::Relaxed))
            .create(&self.path)
            .map_err(|error: DatabaseError| redb::Error::from(error))?;
        let read = database.begin_read().map_err(redb::Error::from)?;
        match read.open_table(SERVER) {
            Ok(server) => {
                let get = |key| server.get(key).map_err(redb::Error::from);
                let whose = get(NAME)?.map(|name| name.value().to_vec()).unwrap_or_default();
                if whose != self.name {
                    let whose = String::from_utf8_lossy(&whose).replace('\n', " / ");
                    return Err(OpenError::Stranger(format!("the herd and server {whose}")));
                }
                let life = get(INCARNATION)?.and_then(|life| life.value().try_into().ok());
                self.incarnation = life.map_or(0, u64::from_le_bytes);
            }
            // A new file: from now on it is this server's.
            Err(redb::TableError::TableDoesNotExist(_)) => name(&database, &self.name)?,
            Err(error) => return Err(redb::Error::from(error).into()),
        }
        self.mended |= mended.load(Ordering::Relaxed);
        self.database = Some(database);
        Ok(())
    }

    /// Gives a node everything that lies here.
    pub(super) fn restore(&self, node: &mut Node) -> Result<Restored, String> {
        let mut restored = Restored { mended: self.mended, ..Restored::default() };
        self.put_back(node, &mut restored).map_err(|error| error.to_string())?;
        Ok(restored)
    }

    fn put_back(&self, node: &mut Node, restored: &mut Restored) -> Result<(), redb::Error> {
        let Some(database) = &self.database else { return Ok(()) };
        let read = database.begin_read()?;
        let records = match read.open_table(RECORDS) {
            Ok(records) => records,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for entry in records.iter()? {
            let (_, record) = entry?;
            match form::restore_record(node, record.value()) {
                Some(()) => restored.records += 1,
                None => restored.damaged += 1,
            }
        }
        // What is covered is so by all the records together: if one is missing, the neighbours are
        // asked for everything.
        if restored.damaged == 0
            && let Some(coverage) = read.open_table(SERVER)?.get(COVERAGE)?
            && form::restore_coverage(node, coverage.value()).is_none()
        {
            restored.damaged += 1;
        }
        Ok(())
    }

    /// Writes a commit: it is on the disk, whole, when this returns, or nothing of it is.
    pub(super) fn write(&mut self, commit: &Commit) -> Result<(), String> {
        let done = self.try_write(commit);
        if done.is_err() {
            // After a failed write nobody knows what the system still holds.
            self.database = None;
        }
        done
    }

    fn try_write(&mut self, commit: &Commit) -> Result<(), String> {
        if self.database.is_none() {
            self.reopen().map_err(|error| error.to_string())?;
        }
        let Some(database) = &self.database else { return Ok(()) };
        put(database, &self.name, commit).map_err(|error| {
            if let redb::Error::Io(why) = error { why.to_string() } else { error.to_string() }
        })
    }
}

fn name(database: &Database, name: &[u8]) -> Result<(), redb::Error> {
    let write = database.begin_write()?;
    write.open_table(SERVER)?.insert(NAME, name)?;
    write.commit()?;
    Ok(())
}

fn put(database: &Database, name: &[u8], commit: &Commit) -> Result<(), redb::Error> {
    let write = database.begin_write()?;
    {
        let mut records = write.open_table(RECORDS)?;
        for (client, record) in &commit.records {
            match record {
                Some(record) => records.insert(&**client, record.as_slice())?,
                None => records.remove(&**client)?,
            };
        }
        let mut server = write.open_table(SERVER)?;
        server.insert(NAME, name)?;
        server.insert(INCARNATION, commit.incarnation.to_le_bytes().as_slice())?;
        server.insert(COVERAGE, commit.coverage.as_slice())?;
    }
    write.commit()?;
    Ok(())
}

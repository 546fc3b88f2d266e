//! Inputs: a folder, a single file, or an archive, seen as members with a path and a stream of bytes.
//!
//! Compression and archives are recognized by content. Names inside archives are labels: nothing is ever written
//! to or opened by them. Sizes, counts, ratios and nesting are bounded by [`Limits`].

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::SourceError;
use crate::utf16::{Order, Utf16};

/// Bounds on what an input may unpack to.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most members of an archive or files of a folder.
    pub members: u64,
    /// Most bytes that all members together may inflate to.
    pub inflated_bytes: u64,
    /// Most inflated bytes for one compressed byte, once a member has given 1 MiB.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { members: 200_000, inflated_bytes: 20 << 30, ratio: 200 }
    }
}

/// One file of an input.
pub struct Member<'a> {
    /// Path inside the input, `/` between parts, lossily decoded. For a single file its name without the
    /// compression's ending.
    pub path: &'a str,
    /// Its bytes, decompressed.
    pub bytes: &'a mut dyn BufRead,
}

/// What a walk does after a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// Go on with the next member.
    On,
    /// Leave the rest unread.
    Enough,
}

/// Something to read: made by [`Input::open`], walked as often as needed.
#[derive(Debug, Clone)]
pub struct Input {
    path: PathBuf,
    limits: Limits,
    shape: Shape,
    bytes_read: Arc<AtomicU64>,
}

/// A file on disk that counts what is read of it.
struct CountedFile {
    file: File,
    bytes_read: Arc<AtomicU64>,
}

impl Read for CountedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for CountedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Folder,
    Zip,
    Tar(Compression),
    Single(Compression),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

/// The beginnings of an input, from which sources judge what it is.
#[derive(Debug, Default)]
pub struct Probe {
    /// Whether the input is a folder or an archive rather than one file.
    pub is_collection: bool,
    /// Members in walking order, the first 4,096 at most.
    pub members: Vec<ProbeMember>,
}

/// One member as a probe sees it.
#[derive(Debug)]
pub struct ProbeMember {
    /// As [`Member::path`].
    pub path: String,
    /// The first 16 KiB, for the first few members of each folder and ending; otherwise empty.
    pub head: Vec<u8>,
}

impl Probe {
    /// Members whose path ends in `/name` or is `name`, in any letter case.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ProbeMember> {
        self.members.iter().filter(move |member| file_name(&member.path).eq_ignore_ascii_case(name))
    }

    /// Members that have a head, as text (invalid UTF-8 replaced, a byte order mark dropped).
    pub fn heads(&self) -> impl Iterator<Item = (&str, String)> {
        self.members
            .iter()
            .filter(|member| !member.head.is_empty())
            .map(|member| (member.path.as_str(), head_text(&member.head)))
    }
}

fn head_text(head: &[u8]) -> String {
    String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)).into_owned()
}

/// The last part of a member's path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The part before the last one: the name of the member's folder, or `""`.
pub fn folder_name(path: &str) -> &str {
    path.rsplit('/').nth(1).unwrap_or("")
}

const HEAD_BYTES: u64 = 16 << 10;
const PROBED_MEMBERS: usize = 4096;
const HEADS_PER_KIND: usize = 4;

impl Input {
    /// Looks at what stands at `path`. Reads a few hundred bytes.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, SourceError> {
        let shape = if path.is_dir() { Shape::Folder } else { shape_of_file(path)? };
        Ok(Self { path: path.to_owned(), limits, shape, bytes_read: Arc::default() })
    }

    /// Bytes read from disk so far by this input and its clones, in every walk.
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }

    fn open_counted(&self, path: &Path) -> Result<CountedFile, SourceError> {
        Ok(CountedFile { file: open_file(path)?, bytes_read: Arc::clone(&self.bytes_read) })
    }

    /// Where it stands on disk.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is a folder or an archive rather than one file.
    pub fn is_collection(&self) -> bool {
        !matches!(self.shape, Shape::Single(_))
    }

    /// Whether it is a folder on disk.
    pub fn is_folder(&self) -> bool {
        self.shape == Shape::Folder
    }

    /// Bytes on disk, for a progress bar; 0 where that is unknown.
    pub fn bytes_on_disk(&self) -> u64 {
        match self.shape {
            Shape::Folder => folder_files(&self.path, &self.limits)
                .map_or(0, |files| files.iter().filter_map(|(_, path)| path.metadata().ok()).map(|m| m.len()).sum()),
            _ => self.path.metadata().map_or(0, |metadata| metadata.len()),
        }
    }

    /// The beginnings of the input.
    pub fn probe(&self) -> Result<Probe, SourceError> {
        let mut probe = Probe { is_collection: self.is_collection(), members: Vec::new() };
        let mut heads = std::collections::HashMap::<(String, String), usize>::new();
        let mut unread = 0u64;
        let result = self.walk(&mut |member| {
            let ending = file_name(member.path).rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
            let seen = heads.entry((folder_name(member.path).to_owned(), ending)).or_default();
            let mut head = Vec::new();
            if *seen < HEADS_PER_KIND && probe.members.iter().filter(|m| !m.head.is_empty()).count() < 256 {
                *seen += 1;
                member.bytes.take(HEAD_BYTES).read_to_end(&mut head).map_err(|cause| unreadable(member.path, cause))?;
                unread = 0;
            } else {
                unread += 1;
            }
            probe.members.push(ProbeMember { path: member.path.to_owned(), head });
            Ok(if probe.members.len() >= PROBED_MEMBERS || unread > 1024 { Walk::Enough } else { Walk::On })
        });
        // A damaged archive is still recognized by what could be read of it.
        match result {
            Err(error) if probe.members.is_empty() => Err(error),
            _ => Ok(probe),
        }
    }

    /// Hands every member to `visit`, folders and zip archives in order of path, tar archives in their own order.
    /// Links, devices and nested archives are passed over; a nested archive is handed on as bytes only when it is a
    /// member on its own in a folder (so that a folder of archives can be told apart).
    pub fn walk(&self, visit: &mut dyn FnMut(Member<'_>) -> Result<Walk, SourceError>) -> Result<(), SourceError> {
        let mut budget = Budget { left: self.limits.inflated_bytes, ratio: self.limits.ratio };
        match self.shape {
            Shape::Folder => self.walk_folder(&mut budget, visit),
            Shape::Zip => self.walk_zip(&mut budget, visit),
            Shape::Tar(compression) => self.walk_tar(compression, &mut budget, visit),
            Shape::Single(compression) => {
                if matches!(compression, Compression::None) {
                    budget = Budget::of_plain();
                }
                let name = self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
                let file = self.open_counted(&self.path)?;
                let compressed = file.file.metadata().map_or(0, |metadata| metadata.len());
                let name = strip_compression(&name, compression);
                visit_stream(&name, decompress(compression, file, &name)?, Some(compressed), &mut budget, visit)
                    .map(|_| ())
            }
        }
    }

    /// A first walk, to learn what the reading needs. Damage ends it without an error: the reading meets it again, with
    /// its place, after it has read what stands before.
    pub fn survey(&self, visit: &mut dyn FnMut(Member<'_>) -> Result<Walk, SourceError>) -> Result<(), SourceError> {
        match self.walk(visit) {
            Err(error) if error.is_damage() => Ok(()),
            result => result,
        }
    }

    fn walk_folder(
        &self,
        budget: &mut Budget,
        visit: &mut dyn FnMut(Member<'_>) -> Result<Walk, SourceError>,
    ) -> Result<(), SourceError> {
        for (name, path) in folder_files(&self.path, &self.limits)? {
            let file = self.open_counted(&path)?;
            let size = file.file.metadata().map_or(0, |metadata| metadata.len());
            let mut file = BufReader::new(file);
            let compression = sniff(file.fill_buf().map_err(|cause| unreadable(&name, cause))?);
            let name = strip_compression(&name, compression);
            let budget = match compression {
                Compression::None => &mut Budget::of_plain(),
                _ => &mut *budget,
            };
            if visit_stream(&name, decompress(compression, file, &name)?, Some(size), budget, visit)? == Walk::Enough {
                break;
            }
        }
        Ok(())
    }

    fn walk_zip(
        &self,
        budget: &mut Budget,
        visit: &mut dyn FnMut(Member<'_>) -> Result<Walk, SourceError>,
    ) -> Result<(), SourceError> {
        let place = self.path.display().to_string();
        let damaged = |error: zip::result::ZipError| {
            SourceError::NotAnExport(format!(
                "{place}: the zip archive is damaged or cut off ({error}): download or copy it again"
            ))
        };
        let mut archive = match zip::ZipArchive::new(self.open_counted(&self.path)?) {
            Ok(archive) => archive,
            // The list of members stands at the end, which is what is missing when a download stopped.
            Err(error) => return self.walk_cut_zip(budget, visit).and(Err(damaged(error))),
        };
        check_count(archive.len() as u64, &self.limits, &place)?;
        let mut order: Vec<(String, usize)> = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(damaged)?;
            if entry.is_file() {
                order.push((String::from_utf8_lossy(entry.name_raw()).replace('\\', "/"), index));
            }
        }
        order.sort();
        for (name, index) in order {
            let entry = match archive.by_index(index) {
                Ok(entry) => entry,
                Err(zip::result::ZipError::UnsupportedArchive(reason)) => {
                    return Err(SourceError::NotAnExport(format!("{place}: {name}: {reason}: unpack it first")));
                }
                Err(error) => return Err(damaged(error)),
            };
            let compressed = entry.compressed_size();
            let mut entry = BufReader::new(entry);
            let compression = sniff(entry.fill_buf().map_err(|cause| unreadable(&name, cause))?);
            let name = strip_compression(&name, compression);
            if visit_stream(&name, decompress(compression, entry, &name)?, Some(compressed), budget, visit)?
                == Walk::Enough
            {
                break;
            }
        }
        Ok(())
    }

    /// Members from the archive's beginning for as long as they can be made out.
    fn walk_cut_zip(
        &self,
        budget: &mut Budget,
        visit: &mut dyn FnMut(Member<'_>) -> Result<Walk, SourceError>,
    ) -> Result<(), SourceError> {
        let mut stream = BufReader::new(self.open_counted(&self.path)?);
        let mut count = 0;
        while let Ok(Some(entry)) = zip::read::read_zipfile_from_stream(&mut stream) {
            count += 1;
            check_count(count, &self.limits, &self.path.display().to_string())?;
            if !entry.is_file() {
                continue;
            }
            let name = String::from_utf8_lossy(entry.name_raw()).replace('\\', "/");
            let compressed = entry.compressed_size();
            if visit_stream(&name, Box::new(entry), Some(compressed), budget, visit)? == Walk::Enough {
                break;
            }
        }
        Ok(())
    }

    fn walk_tar(
        &self,
        compression: Compression,
        budget: &mut Budget,
        visit: &mut dyn FnMut(Member<'_>) -> Result<Walk, SourceError>,
    ) -> Result<(), SourceError> {
        let place = self.path.display().to_string();
        let file = self.open_counted(&self.path)?;
        let size = file.file.metadata().map_or(0, |metadata| metadata.len());
        let stream = decompress(compression, file, &place)?;
        let whole = budget.metered(stream, Some(size));
        let mut archive = tar::Archive::new(whole);
        let cut_off = |cause: io::Error| {
            unreadable(&place, io::Error::new(cause.kind(), format!("the archive is damaged or cut off: {cause}")))
        };
        let mut count = 0;
        for entry in archive.entries().map_err(cut_off)? {
            let entry = entry.map_err(cut_off)?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            count += 1;
            check_count(count, &self.limits, &place)?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
            let mut entry = BufReader::new(entry);
            let inner = sniff(entry.fill_buf().map_err(cut_off)?);
            let name = strip_compression(&name, inner);
            let mut inner_budget = Budget { left: self.limits.inflated_bytes, ratio: self.limits.ratio };
            if visit_stream(&name, decompress(inner, entry, &name)?, None, &mut inner_budget, visit)? == Walk::Enough {
                break;
            }
        }
        Ok(())
    }
}

fn visit_stream<'a>(
    name: &str,
    stream: Box<dyn Read + 'a>,
    compressed: Option<u64>,
    budget: &mut Budget,
    visit: &mut dyn FnMut(Member<'_>) -> Result<Walk, SourceError>,
) -> Result<Walk, SourceError> {
    let mut metered = BufReader::with_capacity(64 << 10, budget.metered(stream, compressed));
    // What cannot be read is met again below.
    let order = metered.fill_buf().ok().and_then(Order::announced);
    let result = match order {
        Some(order) => visit(Member { path: name, bytes: &mut Utf16::new(&mut metered, order) }),
        None => visit(Member { path: name, bytes: &mut metered }),
    };
    budget.left = metered.get_ref().left;
    result.map_err(|error| match error {
        SourceError::Unreadable { cause, .. } if cause.kind() == io::ErrorKind::FileTooLarge => {
            SourceError::TooLarge(format!("{name}: {cause}"))
        }
        other => other,
    })
}

#[derive(Clone, Copy)]
struct Budget {
    left: u64,
    ratio: u64,
}

impl Budget {
    /// A file that is not packed is as large as it is.
    fn of_plain() -> Self {
        Self { left: u64::MAX, ratio: u64::MAX }
    }

    fn metered<R: Read>(self, inner: R, compressed: Option<u64>) -> Metered<R> {
        Metered { inner, left: self.left, ratio: self.ratio, compressed, given: 0 }
    }
}

/// Counts what comes out and ends with an error where the limits end.
struct Metered<R> {
    inner: R,
    left: u64,
    ratio: u64,
    compressed: Option<u64>,
    given: u64,
}

/// What helps where an input unpacks to more than is allowed.
const UNPACKED: &str = "if you trust it, unpack it and import what comes out; what was stored already is passed over";

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = count as u64;
        self.given += bytes;
        let too_large = |what: String| io::Error::new(io::ErrorKind::FileTooLarge, what);
        let above = || too_large(format!("unpacks to more than the limit allows: {UNPACKED}"));
        self.left = self.left.checked_sub(bytes).ok_or_else(above)?;
        if let Some(compressed) = self.compressed
            && self.given > 1 << 20
            && self.given / compressed.max(1) > self.ratio
        {
            return Err(too_large(format!("unpacks to more than {} times its size: {UNPACKED}", self.ratio)));
        }
        Ok(count)
    }
}

fn shape_of_file(path: &Path) -> Result<Shape, SourceError> {
    let mut head = Vec::new();
    open_file(path)?.take(4).read_to_end(&mut head).map_err(|cause| unreadable(&path.display().to_string(), cause))?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        // A workbook of Excel or OpenDocument is a zip archive, too, but one file to its owner.
        let is_workbook = zip::ZipArchive::new(open_file(path)?).is_ok_and(|archive| {
            archive.index_for_name("xl/workbook.xml").is_some()
                || archive.index_for_name("[Content_Types].xml").is_some()
                || (archive.index_for_name("content.xml").is_some() && archive.index_for_name("mimetype").is_some())
        });
        return Ok(if is_workbook { Shape::Single(Compression::None) } else { Shape::Zip });
    }
    let compression = sniff(&head);
    let mut block = Vec::new();
    // A stream that cannot be decompressed is reported when it is walked, with its place.
    if let Ok(stream) = decompress(compression, open_file(path)?, &path.display().to_string()) {
        let _ = stream.take(512).read_to_end(&mut block);
    }
    let is_tar = block.len() == 512 && &block[257..262] == b"ustar";
    Ok(if is_tar { Shape::Tar(compression) } else { Shape::Single(compression) })
}

fn sniff(head: &[u8]) -> Compression {
    match head {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

fn strip_compression(name: &str, compression: Compression) -> String {
    let endings: &[&str] = match compression {
        Compression::None => return name.to_owned(),
        Compression::Gzip => &[".gz"],
        Compression::Zstd => &[".zst", ".zstd"],
    };
    endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name).to_owned()
}

fn decompress<'a>(
    compression: Compression,
    stream: impl Read + 'a,
    place: &str,
) -> Result<Box<dyn Read + 'a>, SourceError> {
    Ok(match compression {
        Compression::None => Box::new(stream),
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(stream)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::new(stream).map_err(|cause| unreadable(place, cause))?;
            decoder.window_log_max(27).map_err(|cause| unreadable(place, cause))?;
            Box::new(decoder)
        }
    })
}

fn folder_files(root: &Path, limits: &Limits) -> Result<Vec<(String, PathBuf)>, SourceError> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let place = folder.display().to_string();
        for entry in folder.read_dir().map_err(|cause| unreadable(&place, cause))? {
            let entry = entry.map_err(|cause| unreadable(&place, cause))?;
            let kind = entry.file_type().map_err(|cause| unreadable(&place, cause))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                files.push((name, path));
                check_count(files.len() as u64, limits, &root.display().to_string())?;
            }
        }
    }
    files.sort();
    Ok(files)
}

fn check_count(count: u64, limits: &Limits, place: &str) -> Result<(), SourceError> {
    if count > limits.members {
        return Err(SourceError::TooLarge(format!(
            "{place}: more than {} files: import its parts one by one",
            limits.members
        )));
    }
    Ok(())
}

fn open_file(path: &Path) -> Result<File, SourceError> {
    File::open(path).map_err(|cause| unreadable(&path.display().to_string(), cause))
}

/// An I/O error with its place.
pub fn unreadable(place: &str, cause: io::Error) -> SourceError {
    SourceError::Unreadable { place: place.to_owned(), cause }
}

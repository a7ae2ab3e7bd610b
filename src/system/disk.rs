//! Files that are there as a whole or not at all, and their checksums.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::Xxh3;

/// Puts a file in its place after the disk has its bytes. Its name lasts once [`sync`] was called
/// on the directory.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let half = path.with_extension("new");
    write_synced(&half, bytes)?;
    fs::rename(&half, path)
}

/// Writes a file and waits until the disk has its bytes.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a directory with all above it that are missing, and waits until the disk has the name of
/// each.
pub(crate) fn make_directories(path: &Path) -> io::Result<()> {
    if path.is_dir() || path.as_os_str().is_empty() {
        return Ok(());
    }
    let above = path.parent().unwrap_or(Path::new("/"));
    make_directories(above)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync(if above.as_os_str().is_empty() { Path::new(".") } else { above }),
    }
}

/// Waits until the disk has the names in a directory.
pub(crate) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// As [`sync`], of a directory and all below it.
pub(crate) fn sync_all_below(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_all_below(&path)?;
        }
    }
    sync(directory)
}

/// Gives a directory that is whole its name, and waits until the disk has that.
pub(crate) fn place(whole: &Path, name: &Path) -> io::Result<()> {
    fs::rename(whole, name)?;
    match name.parent() {
        Some(above) if !above.as_os_str().is_empty() => sync(above),
        _ => sync(Path::new(".")),
    }
}

/// The SHA-256 of bytes in hexadecimal.
pub(crate) fn sum_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The length of the rest of a file in bytes, and its SHA-256 in hexadecimal.
pub(crate) fn sum(file: &mut File) -> io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let bytes = each_chunk(file, |chunk| hasher.update(chunk))?;
    Ok((bytes, hex(&hasher.finalize())))
}

/// As [`sum`], by the 128 bits of XXH3 (specification of xxHash, "XXH3 Algorithm Overview"): at the
/// speed of memory. It tells damage, not intent.
pub(crate) fn xxh3(file: &mut File) -> io::Result<(u64, String)> {
    let mut hasher = Xxh3::new();
    let bytes = each_chunk(file, |chunk| hasher.update(chunk))?;
    Ok((bytes, hex(&hasher.digest128().to_be_bytes())))
}

/// Reads what is left of a file. Returns how many bytes that was.
fn each_chunk(file: &mut File, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let (mut bytes, mut chunk) = (0, vec![0; 1 << 18]);
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(bytes);
        }
        take(&chunk[..read]);
        bytes += read as u64;
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string can't fail");
        text
    })
}

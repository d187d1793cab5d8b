//! What the page weighs on its way to a browser: its wasm, JavaScript, CSS and HTML in Brotli at quality 11.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::pack;

/// What all parts together may weigh, in bytes, with all five systems (orders by two ways, movies, calendar,
/// restaurant): above it the test command fails. HTML counts, since much of what is shown comes from its templates;
/// posters do not, since they are data.
pub(crate) const BUDGET: usize = 200_000;

/// A part of the page.
pub(crate) struct Part {
    /// The file's name.
    pub(crate) name: String,
    /// Its size as it is, in bytes.
    pub(crate) plain: usize,
    /// Its size in Brotli, in bytes.
    pub(crate) compressed: usize,
}

/// The parts that count of a page built in `dist`.
///
/// # Errors
/// There is no page.
pub(crate) fn parts(dist: &Path) -> Result<Vec<Part>> {
    let files = files(dist)?;
    let mut parts = Vec::new();
    for file in files.iter().filter(|file| !has_extension(file, &["svg"])) {
        let name = file
            .strip_prefix(dist)
            .unwrap_or(file)
            .display()
            .to_string();
        parts.push(Part {
            name,
            plain: usize::try_from(fs::metadata(file)?.len())?,
            compressed: compressed(file)?.len(),
        });
    }
    ensure!(
        parts
            .iter()
            .any(|part| has_extension(Path::new(&part.name), &["wasm", pack::EXTENSION])),
        "{} holds no page",
        dist.display()
    );
    Ok(parts)
}

/// The files that are worth compressing, by name.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn files(dist: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dist).with_context(|| format!("{} cannot be read", dist.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if has_extension(
            &path,
            &["wasm", pack::EXTENSION, "js", "css", "html", "svg"],
        ) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The name of a file's Brotli form.
pub(crate) fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".br");
    name.into()
}

/// A file's Brotli form. A packed module's streams are compressed one by one, since each has its own statistics: that
/// saves two kilobytes, and every browser reads it as one file.
///
/// # Errors
/// It cannot be read, or the compressor fails.
pub(crate) fn compressed(file: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(file)?;
    if has_extension(file, &[pack::EXTENSION]) {
        brotli(&pack::pieces(&bytes)?)
    } else {
        brotli(&[&bytes])
    }
}

/// Brotli at quality 11 with the largest ordinary window, each piece in blocks of its own.
fn brotli(pieces: &[&[u8]]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    let mut compressor = brotli::CompressorWriter::with_params(Vec::new(), 4096, &parameters);
    for (number, piece) in pieces.iter().enumerate() {
        if number > 0 {
            compressor.flush()?;
        }
        compressor.write_all(piece)?;
    }
    Ok(compressor.into_inner())
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    file.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| extensions.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_scripts_styles_and_html_count_and_nothing_else() {
        let dist = tempfile::tempdir().unwrap();
        for name in [
            "page.wasm",
            "page.js",
            "page.css",
            "index.html",
            "page.js.br",
            "poster.svg",
            "appconfig.json",
        ] {
            fs::write(dist.path().join(name), "text ".repeat(50)).unwrap();
        }
        let parts = parts(dist.path()).unwrap();
        assert_eq!(
            parts
                .iter()
                .map(|part| part.name.as_str())
                .collect::<Vec<_>>(),
            ["index.html", "page.css", "page.js", "page.wasm"]
        );
        assert!(
            parts
                .iter()
                .all(|part| part.plain == 250 && part.compressed < 50)
        );
    }

    #[test]
    fn pieces_are_one_file_to_who_reads_it() {
        let pieces: [&[u8]; 3] = [b"opcodes", b"", b"locals"];
        let mut read = Vec::new();
        brotli::BrotliDecompress(&mut &*brotli(&pieces).unwrap(), &mut read).unwrap();
        assert_eq!(read, pieces.concat());
    }

    #[test]
    fn an_empty_folder_is_no_page() {
        assert!(parts(tempfile::tempdir().unwrap().path()).is_err());
    }
}

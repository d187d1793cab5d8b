//! The page's style sheets as one: fewer requests, and what one has said compresses what the next one says.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const START: &str = "<link ";

/// Joins the style sheets that a page names, in their order, into one file. Returns the page with that one in the place
/// of the first.
///
/// # Errors
/// One that it names is not there, or the joined one cannot be written.
pub(super) fn joined(built: &Path, html: &str) -> Result<String> {
    let links: Vec<(&str, &str)> = links(html).collect();
    if links.len() < 2 {
        return Ok(html.to_owned());
    }
    let mut styles = String::new();
    for (_, name) in &links {
        let path = built.join(name);
        styles += &fs::read_to_string(&path).with_context(|| format!("the page names {name}"))?;
        fs::remove_file(&path)?;
    }
    let name = format!("page-{}.css", super::hash(&[styles.as_bytes()]));
    fs::write(built.join(&name), styles)?;
    let mut html = html.replacen(
        links[0].0,
        &format!("<link rel=stylesheet href=/{name}>"),
        1,
    );
    for (link, _) in &links[1..] {
        html = html.replacen(link, "", 1);
    }
    Ok(html)
}

/// Each link to a style sheet beside the page: its whole tag, and the file's name.
fn links(html: &str) -> impl Iterator<Item = (&str, &str)> {
    html.match_indices(START).filter_map(|(at, _)| {
        let tag = &html[at..=at + html[at..].find('>')?];
        let (_, address) = tag.split_once("href=")?;
        let address = address.trim_start_matches(['"', '\'', '/', '.']);
        let end = address.find(|c: char| matches!(c, '"' | '\'' | '>') || c.is_whitespace())?;
        let name = &address[..end];
        (tag.contains("stylesheet") && name.ends_with(".css")).then_some((tag, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_joined_in_their_order() {
        let built = tempfile::tempdir().unwrap();
        fs::write(built.path().join("b-1.css"), "b{}").unwrap();
        fs::write(built.path().join("a-2.css"), "a{}").unwrap();
        let html = r#"<link rel="icon" href="data:x"><link rel="stylesheet" href="/b-1.css" integrity="x"/>
            <link href=./a-2.css rel=stylesheet><p>"#;
        let joined = joined(built.path(), html).unwrap();
        let files: Vec<_> = fs::read_dir(built.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let [name] = files.as_slice() else {
            panic!("{files:?}")
        };
        assert_eq!(
            fs::read_to_string(built.path().join(name)).unwrap(),
            "b{}a{}"
        );
        assert!(
            joined.contains(&format!(
                "href=\"data:x\"><link rel=stylesheet href=/{name}>"
            )),
            "{joined}"
        );
        assert!(
            joined.ends_with("<p>") && !joined.contains("a-2"),
            "{joined}"
        );
        assert_eq!(super::joined(built.path(), &joined).unwrap(), joined);
    }
}

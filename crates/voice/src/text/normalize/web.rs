//! Addresses of pages and of people: "example.com/about", "mail@example.org".

use super::scan::before;
use crate::text::line::Edit;
use crate::text::source::LINK_MARK;

const SCHEMES: [&str; 3] = ["https://", "http://", "ftp://"];
/// Ends of names that are addresses even without a scheme.
const ENDS: [&str; 20] = [
    "com", "org", "net", "edu", "gov", "io", "co", "uk", "de", "fr", "info", "biz", "us", "ca",
    "au", "tv", "me", "ly", "ai", "dev",
];
/// What no address contains.
const BOUNDS: [char; 17] =
    [LINK_MARK, '<', '>', '"', '“', '”', ',', ';', '(', ')', '[', ']', '{', '}', '|', '…', '—'];
/// Longer ones are read to the end of the host.
const MAX_READ_BYTES: usize = 120;

/// An address that starts here, as it is said: without scheme and query, with "dot" and "slash".
pub(super) fn address(text: &str, at: usize) -> Option<Edit> {
    if !text.as_bytes()[at].is_ascii_alphanumeric()
        || before(text, at).is_some_and(|c| c != ' ' && !BOUNDS.contains(&c))
    {
        return None;
    }
    let chunk = text[at..].split(|c| c == ' ' || BOUNDS.contains(&c)).next()?;
    // Cheap to refuse: nearly all words have neither.
    if !chunk.contains(['.', '@']) {
        return None;
    }
    let chunk = chunk.trim_end_matches(['.', ':', '!', '?', '\'']);
    let scheme = SCHEMES.iter().find(|scheme| starts_with(chunk, scheme)).map_or(0, |s| s.len());
    let body = &chunk[scheme..];
    let host_len = body.find(['/', '?', '#']).unwrap_or(body.len());
    let host = &body[..host_len];
    let certain = (scheme > 0 && host.starts_with(|c: char| c.is_ascii_alphanumeric()))
        || starts_with(host, "www.");
    let mail = host.split_once('@').is_some_and(|(name, host)| {
        host_len == body.len() && is_name(name, ".+-_") && is_host(host)
    });
    if !(certain || mail || (is_host(host) && has_known_end(host))) {
        return None;
    }
    let path_len = body.find(['?', '#']).unwrap_or(body.len());
    let read = if path_len <= MAX_READ_BYTES { &body[..path_len] } else { host };
    let words = spoken(read, &host[..host.len().min(MAX_READ_BYTES)]);
    let end = at + chunk.len();
    (!words.is_empty()).then(|| Edit::until(end).put(words, at..end))
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn is_name(text: &str, also: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || also.contains(c))
}

/// At least two labels with a dot between.
fn is_host(host: &str) -> bool {
    host.contains('.') && host.split('.').all(|label| is_name(label, "-_"))
}

fn has_known_end(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or("");
    ENDS.iter().any(|end| last.eq_ignore_ascii_case(end))
        && host[..host.len() - last.len()].contains(|c: char| c.is_alphabetic())
}

fn spoken(address: &str, host: &str) -> String {
    let address = address.trim_end_matches('/');
    let mut words = String::new();
    let mut run = 0..0;
    let host_end = host.len().min(address.len());
    for (at, c) in address.char_indices().chain([(address.len(), ' ')]) {
        if c.is_alphanumeric() {
            run.end = at + c.len_utf8();
            continue;
        }
        word(&address[run.clone()], run.end == host_end, &mut words);
        run = at + c.len_utf8()..at + c.len_utf8();
        words.push_str(match c {
            '.' => " dot ",
            '/' => " slash ",
            '@' => " at ",
            '-' => " dash ",
            '_' => " underscore ",
            ':' => " colon ",
            '+' => " plus ",
            '~' => " tilde ",
            '&' => " and ",
            '=' => " equals ",
            '%' => " percent ",
            _ => " ",
        });
    }
    words
}

/// A word of an address; the two letters of a country are spelled.
fn word(letters: &str, last_of_host: bool, words: &mut String) {
    const SAID: [&str; 5] = ["co", "me", "us", "in", "to"];
    let country = last_of_host && letters.len() == 2 && !SAID.contains(&letters);
    if country || letters.eq_ignore_ascii_case("www") {
        let letters: Vec<String> =
            letters.chars().map(|letter| letter.to_ascii_uppercase().to_string()).collect();
        words.push_str(&letters.join("."));
    } else {
        words.push_str(letters);
    }
}

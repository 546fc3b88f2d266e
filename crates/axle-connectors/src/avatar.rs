//! What the address of an avatar tells apart. Nothing is fetched: the picture itself is never looked at.

/// A word for the picture, equal wherever the same picture is meant: `gravatar/<hash>` where the address holds the hash that
/// Gravatar makes of an e-mail address, `github/<number>` for the picture of an account there, else host and path without
/// the size. `None` for pictures that a platform gives to whoever has none, and for addresses inside of a platform, which
/// say nothing elsewhere.
pub(crate) fn avatar(address: &str) -> Option<String> {
    let (_, rest) = address.trim().split_once("//")?;
    let (host, path) = rest.split_once('/')?;
    let host = host.to_lowercase();
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let is_at = |domain: &str| host.strip_suffix(domain).is_some_and(|left| left.is_empty() || left.ends_with('.'));
    if is_at("gravatar.com") {
        let hash = path.strip_prefix("avatar/")?.split('.').next()?.to_lowercase();
        let is_hash = matches!(hash.len(), 32 | 64) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_nobodys = hash.bytes().all(|byte| byte == b'0');
        return (is_hash && !is_nobodys).then(|| format!("gravatar/{hash}"));
    }
    if host.starts_with("avatars") && is_at("githubusercontent.com") {
        let number = path.strip_prefix("u/")?;
        return number.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("github/{number}"));
    }
    let lower = path.to_lowercase();
    let is_given =
        ["default", "letter", "identicon", "placeholder", "anonymous"].iter().any(|word| lower.contains(word));
    (!is_given && !path.is_empty()).then(|| format!("{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::avatar;

    #[test]
    fn one_picture_is_one_word_wherever_it_is_named() {
        let hash = "205e460b479e2e5b48aec07710c08d50";
        let gravatar = format!("gravatar/{hash}");
        for address in [
            format!("https://www.gravatar.com/avatar/{hash}?s=256&d=identicon&r=PG"),
            format!("https://secure.gravatar.com/avatar/{}.jpg?s=512", hash.to_uppercase()),
            format!("//gravatar.com/avatar/{hash}"),
        ] {
            assert_eq!(avatar(&address).as_ref(), Some(&gravatar), "{address}");
        }
        assert_eq!(avatar("https://avatars0.githubusercontent.com/u/42?v=4&s=128").as_deref(), Some("github/42"));
        assert_eq!(avatar("https://i.stack.imgur.com/Xy1.jpg?s=256").as_deref(), Some("i.stack.imgur.com/Xy1.jpg"));
        for address in [
            "https://www.gravatar.com/avatar/00000000000000000000000000000000?d=mp",
            "https://avatars.discourse-cdn.com/v4/letter/a/4bbf92/{size}.png",
            "/user_avatar/forum.example/ada/{size}/12_2.png",
            "https://www.gravatar.com/avatar/ada",
            "no address",
        ] {
            assert_eq!(avatar(address), None, "{address}");
        }
    }
}

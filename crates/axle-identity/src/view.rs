//! What the resolver is told of an identity, borrowed from whoever holds it.

/// One account of a person at one platform, as its source shows it. Texts are as they came: nothing need be tidied.
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity<'a> {
    /// Where the account is, in lower case: `github`, `slack`, `git`.
    pub platform: &'a str,
    /// The platform's own unchanging id, when it has one.
    pub uid: Option<&'a str>,
    /// The handle by which others call the account.
    pub username: Option<&'a str>,
    /// The e-mail address, checked or not.
    pub email: Option<&'a str>,
    /// Whether the platform has checked that the address is theirs.
    pub email_verified: bool,
    /// The name on display.
    pub name: Option<&'a str>,
    /// The organization that the profile names.
    pub organization: Option<&'a str>,
    /// Addresses of pages that the profile links to.
    pub links: &'a [&'a str],
    /// A hash of the avatar's picture. Zero is a hash like any other; the default picture may be handed in as well.
    pub avatar: Option<u64>,
    /// A hash of the telephone number: one however it is written, and another for another's number.
    pub phone: Option<u64>,
    /// A hash of the id by which websites know the browser.
    pub visitor: Option<u64>,
    /// Whether the account is known to be a program: such a one is never linked.
    pub bot: bool,
    /// Whether somebody said that it is no program, whatever its texts look like.
    pub person: bool,
    /// The member that the identity belongs to. Identities of one member are not held against each other.
    pub member: u32,
}

//! Letters: to a mail server, or into a folder while there is none.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use jiff::Timestamp;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{Message, SmtpTransport, Transport};

use super::OutgoingError;

/// A letter in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Unique; the file's name in a folder.
    pub id: String,
    /// To whom: an e-mail address.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
}

/// Where letters go.
pub struct Mailer {
    from: String,
    place: Place,
}

enum Place {
    /// Each a file `<id>.eml`.
    Folder(PathBuf),
    Server(Box<SmtpTransport>),
}

impl Mailer {
    /// Into a folder, which is made with the first letter.
    pub fn folder(from: &str, folder: PathBuf) -> Self {
        Self { from: from.to_owned(), place: Place::Folder(folder) }
    }

    /// To a mail server: `smtps://user:password@host` or `smtp://host:port?tls=required`.
    ///
    /// # Errors
    /// When the address is none; it does not repeat the address, which may hold a password.
    pub fn server(from: &str, url: &str) -> Result<Self, OutgoingError> {
        let no_address = |_| OutgoingError::Refused("this is no mail server: write smtps://user:password@host".into());
        let transport = SmtpTransport::from_url(url).map_err(no_address)?.build();
        Ok(Self { from: from.to_owned(), place: Place::Server(Box::new(transport)) })
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// When an address is none, or the server or disk does not take it.
    pub fn send(&self, letter: &Letter, now: Timestamp) -> Result<(), OutgoingError> {
        let message = message(&self.from, letter, now)?;
        match &self.place {
            Place::Folder(folder) => {
                let file = folder.join(format!("{}.eml", letter.id));
                let written = fs::create_dir_all(folder).and_then(|()| fs::write(file, message.formatted()));
                written.map_err(|error| OutgoingError::Unavailable(error.to_string()))
            }
            Place::Server(transport) => match transport.send(&message) {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() => Err(OutgoingError::Refused("the mail server refused it".into())),
                Err(_) => Err(OutgoingError::Unavailable("the mail server does not answer".into())),
            },
        }
    }
}

fn message(from: &str, letter: &Letter, now: Timestamp) -> Result<Message, OutgoingError> {
    let mailbox = |text: &str| -> Result<Mailbox, OutgoingError> {
        text.parse().map_err(|_| OutgoingError::Refused(format!("`{text}` is no e-mail address")))
    };
    let from = mailbox(from)?;
    let id = format!("<{}@{}>", letter.id, from.email.domain());
    let built = Message::builder()
        .from(from)
        .to(mailbox(&letter.to)?)
        .subject(&letter.subject)
        .date(SystemTime::from(now))
        .message_id(Some(id))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text.clone());
    built.map_err(|error| OutgoingError::Refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    /// A mail server that takes one letter, or answers so to whom it is for. Gives its address, and what it was told.
    fn server(to_recipient: &'static str) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let talk = move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut told = Vec::new();
            let mut is_letter = false;
            stream.write_all(b"220 mail.example\r\n").unwrap();
            for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                let line = line.unwrap();
                let answer = match line.get(..4).unwrap_or(&line) {
                    "." => "250 taken",
                    _ if is_letter => "",
                    "RCPT" => to_recipient,
                    "DATA" => "354 go on",
                    "QUIT" => "221 bye",
                    _ => "250 mail.example",
                };
                is_letter = (is_letter || line == "DATA") && line != ".";
                told.push(line);
                if !answer.is_empty() {
                    stream.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
                }
            }
            told
        };
        (url, std::thread::spawn(talk))
    }

    #[test]
    fn a_mail_server_is_told_of_the_letter_or_says_no() {
        let letter = Letter {
            id: "digest-1".into(),
            to: "buzz@example.org".into(),
            subject: "Twelve tasks".into(),
            text: "Late:\n.hidden\n".into(),
        };
        let (url, talk) = server("250 known here");
        Mailer::server("Axle <axle@example.org>", &url).unwrap().send(&letter, Timestamp::UNIX_EPOCH).unwrap();
        let told = talk.join().unwrap();
        for line in ["MAIL FROM:<axle@example.org>", "RCPT TO:<buzz@example.org>", "Subject: Twelve tasks", "..hidden"]
        {
            assert!(told.iter().any(|told| told.starts_with(line)), "{line}: {told:?}");
        }

        let (url, talk) = server("550 nobody of that name");
        let refused = Mailer::server("axle@example.org", &url).unwrap().send(&letter, Timestamp::UNIX_EPOCH);
        assert!(matches!(refused, Err(OutgoingError::Refused(_))), "{refused:?}");
        drop(talk.join().unwrap());
        // The server is gone.
        let gone = Mailer::server("axle@example.org", &url).unwrap().send(&letter, Timestamp::UNIX_EPOCH);
        assert!(matches!(gone, Err(OutgoingError::Unavailable(_))), "{gone:?}");
    }

    #[test]
    fn a_letter_is_a_file_that_mail_programs_read() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = Mailer::folder("Axle <axle@example.org>", folder.path().join("mail"));
        let letter = Letter {
            id: "digest-1".into(),
            to: "buzz@example.org".into(),
            subject: "Zwölf Aufgaben".into(),
            text: "Late:\n- Qualify\n".into(),
        };
        mailer.send(&letter, "2026-03-04T08:00:00Z".parse().unwrap()).unwrap();
        let bytes = fs::read(folder.path().join("mail/digest-1.eml")).unwrap();
        let read = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(read.subject(), Some("Zwölf Aufgaben"));
        assert_eq!(read.to().unwrap().first().unwrap().address(), Some("buzz@example.org"));
        assert_eq!(read.message_id(), Some("digest-1@example.org"));
        assert_eq!(read.date().unwrap().to_rfc3339(), "2026-03-04T08:00:00Z");
        assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n").trim(), "Late:\n- Qualify");
        let nobody = Letter { to: "nobody".into(), ..letter };
        assert!(matches!(mailer.send(&nobody, Timestamp::UNIX_EPOCH), Err(OutgoingError::Refused(_))));
        assert!(Mailer::server("axle@example.org", "nonsense").is_err());
    }
}

//! What goes out: messages to other servers, and letters. The one place from which Axle speaks to the outside by itself.

pub mod mail;

use std::time::Duration;

/// How long another server may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// Why a message did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingError {
    /// It will not be taken however often it is sent.
    #[error("it was refused: {0}")]
    Refused(String),
    /// It may be taken later.
    #[error("it could not be delivered: {0}")]
    Unavailable(String),
}

/// Something that carries messages to other servers.
pub trait Outgoing: Send + Sync {
    /// Sends a JSON document, once.
    ///
    /// # Errors
    /// Whether it is worth to try again.
    fn post(&self, url: &str, body: &str) -> Result<(), OutgoingError>;
}

/// Over HTTP and HTTPS. It follows no redirects: a message goes where it was sent.
#[derive(Debug)]
pub struct Http(ureq::Agent);

impl Default for Http {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build();
        Self(config.into())
    }
}

impl Outgoing for Http {
    fn post(&self, url: &str, body: &str) -> Result<(), OutgoingError> {
        let sent = self.0.post(url).header("content-type", "application/json").send(body);
        // The address may hold a secret, so an error says nothing of it.
        let status = sent.map_err(|error| OutgoingError::Unavailable(reason(&error)))?.status().as_u16();
        match status {
            200..300 => Ok(()),
            408 | 425 | 429 | 500.. => Err(OutgoingError::Unavailable(format!("the server answered {status}"))),
            _ => Err(OutgoingError::Refused(format!("the server answered {status}"))),
        }
    }
}

fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it took too long".into(),
        ureq::Error::HostNotFound => "there is no such server".into(),
        ureq::Error::Io(error) => error.kind().to_string(),
        _ => "the connection failed".into(),
    }
}

/// Sends a message, three times at most, with longer and longer pauses.
///
/// # Errors
/// That of the last try; a refusal ends it at once.
pub fn deliver(outgoing: &dyn Outgoing, url: &str, body: &str, pause: &dyn Fn(Duration)) -> Result<(), OutgoingError> {
    for wait in PAUSES {
        match outgoing.post(url, body) {
            Err(OutgoingError::Unavailable(_)) => pause(wait),
            ended => return ended,
        }
    }
    outgoing.post(url, body)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that gives these answers, one a connection; joining it gives what it was sent.
    fn listener(answers: &'static [u16]) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let served = thread::spawn(move || {
            let serve = |status: &u16| {
                let (mut stream, _) = listener.accept().unwrap();
                let (mut sent, mut bytes) = (String::new(), [0; 4096]);
                while !sent.ends_with('}') {
                    let read = stream.read(&mut bytes).unwrap();
                    sent.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
                }
                write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
                sent
            };
            answers.iter().map(serve).collect()
        });
        (url, served)
    }

    fn tried(answers: &'static [u16]) -> (Result<(), OutgoingError>, Vec<Duration>, Vec<String>) {
        let (url, served) = listener(answers);
        let pauses = RefCell::new(Vec::new());
        let ended = deliver(&Http::default(), &url, "{\"text\":\"hello\"}", &|wait| pauses.borrow_mut().push(wait));
        (ended, pauses.into_inner(), served.join().unwrap())
    }

    #[test]
    fn a_message_is_sent_again_while_there_is_hope() {
        let (ended, pauses, sent) = tried(&[503, 204]);
        assert_eq!((ended, pauses), (Ok(()), vec![PAUSES[0]]));
        assert!(sent[1].starts_with("POST /hook HTTP/1.1\r\n") && sent[1].ends_with("\r\n\r\n{\"text\":\"hello\"}"));
        let (ended, pauses, _) = tried(&[500, 429, 503]);
        assert_eq!(ended, Err(OutgoingError::Unavailable("the server answered 503".into())));
        assert_eq!(pauses, PAUSES);
    }

    #[test]
    fn a_refusal_and_a_redirect_end_it() {
        for status in [&[404], &[302]] {
            let (ended, pauses, sent) = tried(status);
            assert!(matches!(ended, Err(OutgoingError::Refused(_))), "{ended:?}");
            assert!(pauses.is_empty() && sent.len() == 1);
        }
    }
}

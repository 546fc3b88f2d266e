//! Who may speak to whom: certificates on both sides, and the same build.
//!
//! Ballista's ports serve whoever asks. So a machine listens beyond itself only where callers show a certificate of the
//! cluster's own authority, and whoever is of another build is sent away: plans of different builds may decode and mean
//! something else.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axle_model::analytics::AnalyticsError;
use ballista_core::extension::EndpointOverrideFn;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, Server, ServerTlsConfig};
use tonic::{Request, Status};

use super::{BUILD, Endpoint};

/// PEM files of one machine's certificate, which it shows when it calls and when it is called.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The authority that signed the certificates of all machines.
    pub ca: PathBuf,
    /// This machine's certificate.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

struct Pem {
    ca: Certificate,
    own: Identity,
}

impl TlsFiles {
    fn read(&self) -> Result<Pem, AnalyticsError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| AnalyticsError::Invalid(format!("{}: {error}", path.display())))
        };
        Ok(Pem {
            ca: Certificate::from_pem(read(&self.ca)?),
            own: Identity::from_pem(read(&self.cert)?, read(&self.key)?),
        })
    }
}

fn agent() -> String {
    format!("axle/{BUILD}")
}

/// How other machines are dialled: with our build, and with our certificate.
pub(super) fn endpoint(tls: Option<&TlsFiles>) -> Result<Endpoint, AnalyticsError> {
    let config = match tls {
        Some(files) => {
            let Pem { ca, own } = files.read()?;
            Some(ClientTlsConfig::new().ca_certificate(ca).identity(own))
        }
        None => None,
    };
    let use_tls = config.is_some();
    let adapt: EndpointOverrideFn = Arc::new(move |endpoint: tonic::transport::Endpoint| {
        let endpoint = endpoint.user_agent(agent())?;
        Ok(match &config {
            Some(config) => endpoint.tls_config(config.clone())?,
            None => endpoint,
        })
    });
    Ok(Endpoint { adapt, use_tls })
}

/// The URL of a scheduler, if it can be asked so.
pub(super) fn checked_url(url: &str, has_certificates: bool) -> Result<String, AnalyticsError> {
    let wrong = |why: &str| Err(AnalyticsError::Invalid(format!("`{url}` is no scheduler: {why}")));
    match (url.starts_with("https://"), url.starts_with("http://")) {
        (true, _) if !has_certificates => {
            wrong("https:// needs certificates: --cluster-ca, --cluster-cert and --cluster-key")
        }
        (_, true) if has_certificates => wrong("with certificates it begins with https://"),
        (false, false) => wrong("it begins with http:// or https://, as in http://127.0.0.1:50050"),
        _ => Ok(url.trim_end_matches('/').to_owned()),
    }
}

/// A server on an address, if it may listen there.
pub(super) fn server(listen: SocketAddr, tls: Option<&TlsFiles>) -> Result<Server, AnalyticsError> {
    let server = Server::builder().tcp_nodelay(true);
    match tls {
        Some(files) => {
            let Pem { ca, own } = files.read()?;
            let config = ServerTlsConfig::new().identity(own).client_ca_root(ca);
            server.tls_config(config).map_err(|error| {
                let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                AnalyticsError::Invalid(format!("the certificate cannot be used: {cause}"))
            })
        }
        None if listen.ip().is_loopback() => Ok(server),
        None => Err(AnalyticsError::Invalid(format!(
            "{listen} can be reached by other machines, and whoever reaches it may run anything: give certificates \
             (--cluster-ca, --cluster-cert, --cluster-key), or listen on 127.0.0.1"
        ))),
    }
}

/// Sends away whoever is of another build.
pub(super) fn same_build(request: Request<()>) -> Result<Request<()>, Status> {
    let caller = request.metadata().get("user-agent").and_then(|agent| agent.to_str().ok()).unwrap_or("nobody");
    if caller.split(' ').next() == Some(agent().as_str()) {
        return Ok(request);
    }
    Err(Status::failed_precondition(format!("{caller} is of another build than axle/{BUILD}: all must be of the same")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(agent: &str) -> Request<()> {
        let mut request = Request::new(());
        request.metadata_mut().insert("user-agent", agent.parse().unwrap());
        request
    }

    #[test]
    fn another_build_is_sent_away() {
        assert!(same_build(of(&format!("{} tonic/0.14.9", agent()))).is_ok());
        for other in ["axle/other tonic/0.14.9", "curl/8", &format!("{}x tonic/0.14", agent())] {
            let status = same_build(of(other)).unwrap_err();
            assert_eq!(status.code(), tonic::Code::FailedPrecondition);
            assert!(status.message().contains("another build"), "{status}");
        }
        assert!(same_build(Request::new(())).is_err());
    }

    #[test]
    fn nothing_but_this_machine_is_served_without_certificates() {
        assert!(server("127.0.0.1:0".parse().unwrap(), None).is_ok());
        assert!(server("[::1]:0".parse().unwrap(), None).is_ok());
        for open in ["0.0.0.0:0", "10.0.0.1:0", "[::]:0"] {
            let error = server(open.parse().unwrap(), None).unwrap_err();
            assert!(error.to_string().contains("certificates"), "{error}");
        }
    }

    #[test]
    fn a_scheduler_is_asked_as_its_certificates_say() {
        assert_eq!(checked_url("http://127.0.0.1:1/", false).unwrap(), "http://127.0.0.1:1");
        assert!(checked_url("https://one:1", true).is_ok());
        assert!(checked_url("https://one:1", false).unwrap_err().to_string().contains("--cluster-ca"));
        assert!(checked_url("http://one:1", true).is_err());
        assert!(checked_url("one:1", false).is_err());
    }
}

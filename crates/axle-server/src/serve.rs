//! Listening: connections are bounded in number and patience, and end in order when the server is told to stop.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use crate::AppState;
use crate::jobs::{self, Outside};

/// How the server listens.
pub struct ServeOptions {
    /// Where to; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Browsers reach the server over HTTPS, through a proxy that ends it: cookies are then for HTTPS alone.
    pub is_https: bool,
    /// How it is reached, and reaches others.
    pub outside: Outside,
    /// Told the address once connections are accepted.
    pub on_listening: Box<dyn FnOnce(SocketAddr) + Send>,
}

/// The most that a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of a request's head.
const HEAD_BYTES: usize = 32 << 10;
/// The most connections of one address at once.
const CONNECTIONS: usize = 200;
/// How long requests may go on when the server is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves until the process is told to stop (interrupt or terminate); then lets what is under way end.
pub async fn serve(options: ServeOptions, state: AppState) -> io::Result<()> {
    let listener = TcpListener::bind(options.listen).await?;
    (options.on_listening)(listener.local_addr()?);
    let state = state.with_https(options.is_https);
    let own_work = tokio::spawn(jobs::run(state.clone(), options.outside));
    let router = crate::router(state);
    let graceful = GracefulShutdown::new();
    let open = Arc::<Connections>::default();
    let mut stop = std::pin::pin!(told_to_stop());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: others end soon.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(place) = Connections::take(&open, peer.ip()) else { continue };
        let service = TowerToHyperService::new(router.clone().layer(Extension(peer)));
        let connection = http1_server().serve_connection(TokioIo::new(without_delay(stream)), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    own_work.abort();
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(FAREWELL) => tracing::warn!("requests were cut off"),
    }
    Ok(())
}

fn http1_server() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEAD_BYTES);
    builder
}

fn without_delay(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    stream
}

/// Open connections by address.
#[derive(Default)]
struct Connections(Mutex<HashMap<IpAddr, usize>>);

/// One open connection; given back when it is dropped.
struct Place {
    open: Arc<Connections>,
    address: IpAddr,
}

impl Connections {
    /// `None` when the address has enough.
    fn take(open: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut counts = open.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= CONNECTIONS {
            return None;
        }
        *count += 1;
        Some(Place { open: Arc::clone(open), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

async fn told_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_gets_them_back() {
        let open = Arc::<Connections>::default();
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut places: Vec<Place> = (0..CONNECTIONS).filter_map(|_| Connections::take(&open, one)).collect();
        assert_eq!(places.len(), CONNECTIONS);
        assert!(Connections::take(&open, one).is_none());
        assert!(Connections::take(&open, other).is_some());
        places.pop();
        assert!(Connections::take(&open, one).is_some());
    }
}

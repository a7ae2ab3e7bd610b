//! Optional TLS for servers without a gateway in front: the cargo feature `tls`.

#[cfg(feature = "tls")]
use std::sync::Arc;
use std::time::Duration;

use super::timed::Timed;
#[cfg(feature = "tls")]
use crate::access::watched::Watched;
use crate::config::Server;

/// The server's certificate, if configured. Replaced files are reloaded.
#[derive(Clone, Debug)]
pub(super) struct Tls {
    #[cfg(feature = "tls")]
    config: Option<Arc<Watched<tokio_rustls::rustls::ServerConfig>>>,
}

/// A connection that is ready for requests.
pub(super) enum Accepted {
    /// Unencrypted.
    Plain(Timed),
    /// Encrypted.
    #[cfg(feature = "tls")]
    Encrypted(Box<tokio_rustls::server::TlsStream<Timed>>),
}

#[cfg(not(feature = "tls"))]
impl Tls {
    /// Refuses settings for TLS, which this build lacks.
    pub(super) fn open(server: &Server) -> Result<Self, String> {
        if server.tls_cert.as_os_str().is_empty() {
            return Ok(Self {});
        }
        Err("`server.tls_cert` is set, and this guanxi was built without TLS: build it with `--features tls`".to_owned())
    }

    #[expect(clippy::unused_async, reason = "with TLS it waits for the handshake")]
    pub(super) async fn accept(&self, stream: Timed, _: Duration) -> std::io::Result<Accepted> {
        Ok(Accepted::Plain(stream))
    }
}

#[cfg(feature = "tls")]
mod encrypted {
    use std::fs;
    use std::io;
    use std::path::Path;

    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

    use super::{Accepted, Arc, Duration, Server, Timed, Tls, Watched};

    impl Tls {
        /// Loads the configured certificate and its key.
        pub(in crate::http::connection) fn open(server: &Server) -> Result<Self, String> {
            if server.tls_cert.as_os_str().is_empty() {
                return Ok(Self { config: None });
            }
            let (cert, key) = (server.tls_cert.clone(), server.tls_key.clone());
            // The two files are replaced one after the other. While they don't match, the previous
            // certificate stays in use.
            let read = move |_: Option<Vec<u8>>| config(&cert, &key);
            let beside = vec![server.tls_key.clone()];
            let config = Watched::with(server.tls_cert.clone(), beside, read)?;
            Ok(Self { config: Some(Arc::new(config)) })
        }

        pub(in crate::http::connection) async fn accept(
            &self,
            stream: Timed,
            patience: Duration,
        ) -> io::Result<Accepted> {
            let Some(config) = &self.config else { return Ok(Accepted::Plain(stream)) };
            let acceptor = TlsAcceptor::from(config.get());
            let shaken = tokio::time::timeout(patience, acceptor.accept(stream)).await;
            Ok(Accepted::Encrypted(Box::new(shaken.map_err(|_| io::ErrorKind::TimedOut)??)))
        }
    }

    fn config(cert: &Path, key: &Path) -> Result<ServerConfig, String> {
        let unreadable =
            |path: &Path, what: String| format!("can't use `{}`: {what}", path.display());
        let pem = fs::read(cert).map_err(|error| unreadable(cert, error.to_string()))?;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| unreadable(cert, error.to_string()))?;
        let private = PrivateKeyDer::from_pem_file(key);
        let private = private.map_err(|error| unreadable(key, error.to_string()))?;
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?.with_no_client_auth();
        let mut config = builder
            .with_single_cert(chain, private)
            .map_err(|error| unreadable(cert, error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

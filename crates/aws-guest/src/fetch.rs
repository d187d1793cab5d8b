//! A signed request over HTTP, sent once more where it was refused for how it was signed.

use net::http::{self, Request, Response};

use crate::{Error, Guest, Region, Service};

/// What a service says, in the header or in the body, of someone whom it knows and who may not.
const DENIED: &str = "AccessDenied";

impl Guest {
    /// Signs a request and sends it. If the service refuses the credentials or the date, it is sent once more with new
    /// ones and with the service's time: what was refused was not executed.
    ///
    /// # Errors
    /// [`Error::Unanswered`] where the service did not answer, any other where there was nothing to sign with. Any
    /// answer is a response, whatever its status.
    pub async fn fetch(
        &self,
        service: Service,
        region: &Region,
        request: Request,
    ) -> Result<Response, Error> {
        let mut again = false;
        loop {
            let credentials = self.credentials().await?;
            let signed = self.sign_with(&credentials, service, region, request.clone())?;
            let sent = net::wall();
            let response = http::send(signed).await.map_err(Error::Unanswered)?;
            self.learn_date(&response, sent);
            if again || !refuses_signature(service, &response) {
                return Ok(response);
            }
            again = true;
            // Where the header is hidden, the error may tell the time.
            if response.header("date").is_none() {
                self.learn_skew(&String::from_utf8_lossy(&response.body));
            }
            self.refused(&credentials);
        }
    }
}

/// A function's URL says the same of whatever is wrong (Lambda developer guide, "Control access to Lambda function URLs"):
/// there it may always be the signature.
fn refuses_signature(service: Service, response: &Response) -> bool {
    let named = response.header("x-amzn-errortype").unwrap_or_default();
    let is_denied = named.starts_with(DENIED) && service != Service::LAMBDA;
    matches!(response.status, 401 | 403) && !is_denied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, named: Option<&str>) -> Response {
        let name = |name: &str| ("x-amzn-errortype".to_owned(), name.to_owned());
        Response {
            status,
            headers: named.map(name).into_iter().collect(),
            body: Vec::new(),
        }
    }

    #[test]
    fn a_denial_is_not_a_refused_signature() {
        let refuses = |service, status, named| refuses_signature(service, &answered(status, named));
        let (api, denied) = (Service::APPSYNC, Some("AccessDeniedException"));
        assert!(refuses(api, 403, None));
        assert!(refuses(api, 403, Some("ExpiredTokenException")));
        assert!(refuses(api, 401, Some("InvalidSignatureException")));
        assert!(!refuses(api, 403, denied));
        assert!(!refuses(api, 400, None));
        assert!(!refuses(api, 200, None));
        // Functions do not tell the two apart.
        assert!(refuses(Service::LAMBDA, 403, denied));
        assert!(!refuses(Service::LAMBDA, 400, None));
    }
}

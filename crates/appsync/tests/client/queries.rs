//! Queries and mutations over HTTP.

use appsync::{Error, Operation};
use serde_json::json;

use crate::server::Server;

fn operation() -> Operation {
    let operation = Operation::new("query Orders { orders }").with(json!({"limit": 5}));
    Operation {
        name: Some("Orders".into()),
        ..operation
    }
}

#[tokio::test]
async fn a_query_is_the_documented_request() {
    let server = Server::answering(|_, body| {
        let expected = json!({"query": "query Orders { orders }", "variables": {"limit": 5}, "operationName": "Orders"});
        assert_eq!(*body, expected);
        (200, r#"{"data":{"orders":[]}}"#.into())
    })
    .await;
    assert_eq!(
        server.with_key().execute(operation()).await.unwrap(),
        json!({"orders": []})
    );
    let head = server.headers(1).await;
    assert!(head.as_str().unwrap().contains("x-api-key: da2-key"));

    server.with_guest().execute(operation()).await.unwrap();
    let head = server.headers(2).await;
    let head = head.as_str().unwrap();
    assert!(
        head.contains("x-amz-security-token: token 1")
            && head.contains("/eu-west-1/appsync/aws4_request"),
        "{head}"
    );
}

#[tokio::test]
async fn errors_keep_what_the_service_says() {
    let server = Server::answering(|_, _| {
        let error = json!({"errorType": "Unauthorized", "message": "Not Authorized to access createOrder", "path": ["createOrder"]});
        (200, json!({"data": {"createOrder": null}, "errors": [error]}).to_string())
    })
    .await;
    let Err(Error::GraphQl(errors)) = server.with_guest().execute(operation()).await else {
        panic!("errors")
    };
    assert_eq!(errors[0].error_type, "Unauthorized");
    assert_eq!(errors[0].path, ["createOrder"]);
    assert_eq!(server.queries(), 1, "new credentials would not help");
}

#[tokio::test]
async fn refused_credentials_are_renewed_once_and_no_more() {
    let refusal = json!({"errors": [{"errorType": "UnrecognizedClientException", "message": "The security token is invalid."}]});
    let refusal = refusal.to_string();
    let server = Server::answering(move |number, _| match number {
        1 | 3 | 4 => (403, refusal.clone()),
        _ => (200, r#"{"data":1}"#.into()),
    })
    .await;
    let client = server.with_guest();
    assert_eq!(client.execute(operation()).await.unwrap(), 1);
    assert!(
        server
            .headers(2)
            .await
            .as_str()
            .unwrap()
            .contains("x-amz-security-token: token 2")
    );
    let error = client.execute(operation()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Unauthorized(errors) if errors[0].error_type == "UnrecognizedClientException")
    );
    assert!(!error.is_retryable());
    assert_eq!(server.queries(), 4);
}

#[tokio::test]
async fn errors_are_split_by_what_a_caller_can_do() {
    for (status, body, expected, retryable) in [
        (500, "", "the service cannot answer now (HTTP 500)", true),
        (429, "{}", "the service cannot answer now (HTTP 429)", true),
        (401, "", "not authorized: HTTP 401", false),
        (404, "<html>", "HTTP 404", false),
        (
            400,
            r#"{"errors":{"errorType":"BadRequestException","message":"no"}}"#,
            "BadRequestException: no",
            false,
        ),
        (
            200,
            "<html>",
            "the answer cannot be read: not JSON at line 1 column 1",
            false,
        ),
        (
            200,
            "{}",
            "the answer cannot be read: data is missing",
            false,
        ),
        (
            200,
            r#"{"data":null,"errors":[{"message":"no"}]}"#,
            "no",
            false,
        ),
    ] {
        let server = Server::answering(move |_, _| (status, body.into())).await;
        let error = server.with_key().execute(operation()).await.unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.is_retryable()),
            (expected, retryable),
            "{status} {body}"
        );
    }
}

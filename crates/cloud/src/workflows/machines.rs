//! The documents, read once at start-up: whatever in them this cloud does not know keeps it from starting.

use std::collections::BTreeMap;
use std::sync::Arc;

use backend::ports::Workflow;
use serde_json::Value;
use states::Machine;

use super::parameters;
use crate::settings::{ACCOUNT, BUS, REGION};
use crate::topics;

/// Every workflow's machine, by the workflow's name.
pub struct Machines(BTreeMap<&'static str, Arc<StateMachine>>);

/// A workflow that can be run.
#[derive(Debug)]
pub(super) struct StateMachine {
    pub(super) workflow: &'static Workflow,
    pub(super) machine: Machine,
}

/// What a task calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource<'a> {
    /// A function of the workflow, by its name.
    Function(&'a str),
    /// A topic, to publish to.
    Publish,
    /// The bus, to put events on.
    PutEvents,
}

impl Machines {
    /// Reads every workflow's document.
    ///
    /// # Errors
    /// What is not known or wrong in it, with its place.
    pub(crate) fn load() -> Result<Self, String> {
        let machines = backend::workflow::ALL
            .iter()
            .map(|workflow| Ok((workflow.name, Arc::new(StateMachine::read(workflow)?))));
        machines.collect::<Result<_, String>>().map(Self)
    }

    pub(super) fn get(&self, workflow: &str) -> Option<&Arc<StateMachine>> {
        self.0.get(workflow)
    }
}

impl StateMachine {
    fn read(workflow: &'static Workflow) -> Result<Self, String> {
        let name = workflow.name;
        // As a deployment fills them in; functions keep the names that the document has for them.
        let document = workflow
            .document
            .replace("${OrdersBus}", BUS)
            .replace("${OrderNotifications}", &topics::NOTIFICATIONS.arn());
        let refused = |why: String| format!("the workflow {name} cannot be run: {why}");
        let machine = Machine::parse(&document).map_err(|error| refused(error.to_string()))?;
        let mut resources = machine.resources().into_iter();
        match resources.find(|resource| Resource::read(workflow, resource).is_none()) {
            Some(unknown) => Err(refused(format!(
                "nobody knows its task's resource {unknown}"
            ))),
            None => {
                let document: Value =
                    serde_json::from_str(&document).map_err(|error| refused(error.to_string()))?;
                parameters::check(&document, |text| Resource::read(workflow, text))
                    .map_err(refused)?;
                Ok(Self { workflow, machine })
            }
        }
    }

    pub(super) fn arn(&self) -> String {
        let name = self.workflow.name;
        format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}")
    }

    pub(super) fn execution_arn(&self, execution: &str) -> String {
        let name = self.workflow.name;
        format!("arn:aws:states:{REGION}:{ACCOUNT}:execution:{name}:{execution}")
    }

    /// What a task's resource is.
    pub(super) fn resource<'a>(&self, resource: &'a str) -> Option<Resource<'a>> {
        Resource::read(self.workflow, resource)
    }
}

impl<'a> Resource<'a> {
    fn read(workflow: &Workflow, resource: &'a str) -> Option<Self> {
        match resource {
            "arn:aws:states:::sns:publish" => Some(Self::Publish),
            "arn:aws:states:::events:putEvents" => Some(Self::PutEvents),
            _ => resource
                .strip_prefix("${")
                .and_then(|name| name.strip_suffix('}'))
                .filter(|name| workflow.functions.contains(name))
                .map(Self::Function),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_workflow_can_be_run() {
        let machines = Machines::load().unwrap();
        for workflow in backend::workflow::ALL {
            assert!(machines.get(workflow.name).is_some(), "{}", workflow.name);
        }
    }

    #[test]
    fn what_is_not_known_is_refused_by_its_name() {
        static PARALLEL: Workflow = Workflow {
            name: "wide",
            document: r#"{"StartAt": "A", "States": {"A": {"Type": "Parallel", "Branches": [], "End": true}}}"#,
            functions: &[],
        };
        static STRANGE: Workflow = Workflow {
            name: "strange",
            document: r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Egg}", "End": true}}}"#,
            functions: &["Soup"],
        };
        for (workflow, named) in [
            (&PARALLEL, ["wide", "/States/A", "Parallel"]),
            (&STRANGE, ["strange", "resource", "${Egg}"]),
        ] {
            let refused = StateMachine::read(workflow).unwrap_err();
            assert!(named.iter().all(|it| refused.contains(it)), "{refused}");
        }
    }

    /// What would be left out or fail each time it runs keeps the cloud from starting.
    #[test]
    fn what_a_service_is_not_told_here_is_refused_by_its_place() {
        let read = |resource: &str, parameters: Value| {
            let document = json!({"StartAt": "A", "States": {
                "A": {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": true}
            }});
            StateMachine::read(Box::leak(Box::new(Workflow {
                name: "w",
                document: document.to_string().leak(),
                functions: &["Soup"],
            })))
        };
        let (publish, put) = (
            "arn:aws:states:::sns:publish",
            "arn:aws:states:::events:putEvents",
        );
        let topic = "${OrderNotifications}";
        let entry =
            |name: &str| json!({"Source": "s", "DetailType": "d", "Detail.$": "$", name: []});
        for (resource, parameters, place) in [
            (
                publish,
                json!({"TopicArn": topic, "Message": "m", "MessageAttributes": {}}),
                "MessageAttributes",
            ),
            (
                publish,
                json!({"TargetArn": topic, "Message": "m"}),
                "TargetArn",
            ),
            (
                publish,
                json!({"TopicArn": topic, "MessageStructure.$": "$.json"}),
                "MessageStructure.$",
            ),
            (
                publish,
                json!({"TopicArn": "${Typo}", "Message": "m"}),
                "TopicArn: nobody fills in \"${Typo}\"",
            ),
            (publish, json!(["m"]), ""),
            (
                put,
                json!({"Entries": [entry("Source"), entry("Resources")]}),
                "Entries/1/Resources",
            ),
            (
                put,
                json!({"Entries": [entry("Time.$")]}),
                "Entries/0/Time.$",
            ),
            (
                put,
                json!({"Entries.$": "$", "EndpointId": "e"}),
                "EndpointId",
            ),
            (
                "${Soup}",
                json!({"of": ["${Day}"]}),
                "of/0: nobody fills in \"${Day}\"",
            ),
        ] {
            let refused = read(resource, parameters).unwrap_err();
            let place = format!("the workflow w cannot be run: /States/A/Parameters/{place}");
            assert!(
                refused.starts_with(place.trim_end_matches('/')),
                "{refused}"
            );
        }
        for (resource, parameters) in [
            (
                publish,
                json!({"TopicArn": topic, "Message.$": "$.told", "Subject": "s"}),
            ),
            (
                put,
                json!({"Entries": [{"Source": "s", "DetailType": "d", "Detail": {}, "EventBusName.$": "$.bus"}]}),
            ),
            (put, json!({"Entries.$": "$.entries"})),
            ("${Soup}", json!({"MessageAttributes": {}, "Time": 1})),
        ] {
            assert!(read(resource, parameters).is_ok());
        }
    }
}

//! From JSON to a state machine.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use time::Duration;

use super::fields::Fields;
use super::{Catcher, Kind, Machine, Next, Retrier, State, Task, Text, Until, rules};
use crate::choice;
use crate::error::{DocumentError, names};
use crate::path::Path;
use crate::template::{Expression, Template};

/// The longest name of a state: the service's.
const LONGEST_NAME: usize = 80;

pub(super) fn machine(document: &Value) -> Result<Machine, DocumentError> {
    let mut fields = Fields::of(document, String::new())?;
    if let Some(language) = fields
        .text("QueryLanguage")?
        .filter(|language| *language != "JSONPath")
    {
        return Err(DocumentError::unsupported("/QueryLanguage", language));
    }
    if let Some(version) = fields.text("Version")?.filter(|version| *version != "1.0") {
        return Err(DocumentError::unsupported(
            "/Version",
            format!("version {version}"),
        ));
    }
    let start = fields.required_text("StartAt")?.to_owned();
    let timeout = fields.seconds("TimeoutSeconds", 1)?;
    let named = fields.required("States")?;
    fields.end()?;
    let named = named
        .as_object()
        .ok_or_else(|| DocumentError::malformed("/States", "has to be an object"))?;
    let mut states = BTreeMap::new();
    for (name, value) in named {
        let at = format!("/States/{name}");
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(DocumentError::malformed(
                &at,
                format!("a state's name has 1 to {LONGEST_NAME} letters"),
            ));
        }
        states.insert(name.clone(), state(value, at)?);
    }
    let machine = Machine {
        start,
        states,
        timeout,
    };
    connected(&machine)?;
    Ok(machine)
}

/// Every state that is named is there, and every one that is there can be reached.
fn connected(machine: &Machine) -> Result<(), DocumentError> {
    let mut reached = BTreeSet::new();
    let mut open = vec![("/StartAt".to_owned(), machine.start.as_str())];
    while let Some((at, name)) = open.pop() {
        let state = machine
            .states
            .get(name)
            .ok_or_else(|| DocumentError::malformed(&at, format!("there is no state `{name}`")))?;
        if reached.insert(name) {
            let at = format!("/States/{name}");
            open.extend(state.followers().map(|next| (at.clone(), next)));
        }
    }
    match machine
        .states
        .keys()
        .find(|name| !reached.contains(name.as_str()))
    {
        None => Ok(()),
        Some(name) => Err(DocumentError::malformed(
            &format!("/States/{name}"),
            "no state leads here",
        )),
    }
}

impl State {
    /// The states that may come after it.
    fn followers(&self) -> impl Iterator<Item = &str> {
        let mut next = Vec::new();
        match &self.kind {
            Kind::Choice { rules, default } => {
                next.extend(rules.iter().map(|(_, next)| next.as_str()));
                next.extend(default.as_deref());
            }
            Kind::Task(task) => {
                next.extend(task.catchers.iter().map(|catcher| catcher.next.as_str()));
            }
            _ => {}
        }
        if let Next::State(state) = &self.next {
            next.push(state);
        }
        next.into_iter()
    }
}

fn state(value: &Value, at: String) -> Result<State, DocumentError> {
    let mut fields = Fields::of(value, at)?;
    if let Some(language) = fields
        .text("QueryLanguage")?
        .filter(|language| *language != "JSONPath")
    {
        return Err(DocumentError::unsupported(
            &fields.place("QueryLanguage"),
            language,
        ));
    }
    let kind_of = fields.required_text("Type")?;
    let (input, output) = if kind_of == "Fail" {
        (None, None)
    } else {
        (
            fields.path("InputPath", false)?,
            fields.path("OutputPath", false)?,
        )
    };
    let kind = match kind_of {
        "Task" => Kind::Task(Box::new(task(&mut fields)?)),
        "Pass" => Kind::Pass {
            parameters: template(&mut fields, "Parameters")?,
            result: fields.optional("Result").cloned(),
            result_path: fields.path("ResultPath", true)?,
        },
        "Wait" => Kind::Wait(until(&mut fields)?),
        "Choice" => choice(&mut fields)?,
        "Succeed" => Kind::Succeed,
        "Fail" => Kind::Fail {
            error: drawn_text(&mut fields, "Error", "ErrorPath")?,
            cause: drawn_text(&mut fields, "Cause", "CausePath")?,
        },
        other @ ("Parallel" | "Map") => {
            return Err(DocumentError::unsupported(
                &fields.place("Type"),
                format!("the state type {other}"),
            ));
        }
        other => return Err(fields.wrong("Type", &format!("`{other}` is no type of state"))),
    };
    let next = if matches!(
        kind,
        Kind::Choice { .. } | Kind::Succeed | Kind::Fail { .. }
    ) {
        Next::End
    } else {
        next(&mut fields)?
    };
    fields.end()?;
    Ok(State {
        input,
        output,
        next,
        kind,
    })
}

fn next(fields: &mut Fields<'_>) -> Result<Next, DocumentError> {
    let next = fields.text("Next")?;
    let end = fields.optional("End");
    match (next, end) {
        (Some(next), None | Some(Value::Bool(false))) => Ok(Next::State(next.to_owned())),
        (None, Some(Value::Bool(true))) => Ok(Next::End),
        _ => Err(DocumentError::malformed(
            &fields.at,
            "either `Next` names a state or `End` is true",
        )),
    }
}

fn template(
    fields: &mut Fields<'_>,
    name: &'static str,
) -> Result<Option<Template>, DocumentError> {
    let at = fields.place(name);
    fields
        .optional(name)
        .map(|value| Template::parse(value, &at))
        .transpose()
}

fn task(fields: &mut Fields<'_>) -> Result<Task, DocumentError> {
    let resource = fields.required_text("Resource")?;
    let waits = [".sync", ".sync:2", ".waitForTaskToken"];
    if let Some(pattern) = waits.iter().find(|pattern| resource.ends_with(**pattern)) {
        return Err(DocumentError::unsupported(
            &fields.place("Resource"),
            format!("the pattern {pattern}"),
        ));
    }
    let parameters = template(fields, "Parameters")?;
    let result_selector = template(fields, "ResultSelector")?;
    let result_path = fields.path("ResultPath", true)?;
    let timeout = fields.seconds_or_path("TimeoutSeconds", "TimeoutSecondsPath", 1)?;
    let mut retriers = Vec::new();
    for (at, value) in fields.list("Retry")? {
        retriers.push(retrier(value, at)?);
    }
    let mut catchers = Vec::new();
    for (at, value) in fields.list("Catch")? {
        catchers.push(catcher(value, at)?);
    }
    let errors: Vec<_> = retriers.iter().map(|retrier| &retrier.errors).collect();
    all_comes_last(&errors, &fields.place("Retry"))?;
    let errors: Vec<_> = catchers.iter().map(|catcher| &catcher.errors).collect();
    all_comes_last(&errors, &fields.place("Catch"))?;
    Ok(Task {
        resource: resource.to_owned(),
        parameters,
        result_selector,
        result_path,
        timeout,
        retriers,
        catchers,
    })
}

fn errors(fields: &mut Fields<'_>) -> Result<Vec<String>, DocumentError> {
    fields.required("ErrorEquals")?;
    let mut errors = Vec::new();
    for (at, value) in fields.list("ErrorEquals")? {
        let text = value.as_str();
        errors.push(
            text.ok_or_else(|| DocumentError::malformed(&at, "has to be a text"))?
                .to_owned(),
        );
    }
    Ok(errors)
}

/// States.ALL stands alone, and in the last place.
fn all_comes_last(all: &[&Vec<String>], at: &str) -> Result<(), DocumentError> {
    for (index, errors) in all.iter().enumerate() {
        let names_all = errors.iter().any(|error| error == names::ALL);
        if names_all && (errors.len() > 1 || index + 1 < all.len()) {
            return Err(DocumentError::malformed(
                at,
                "States.ALL stands alone and in the last element",
            ));
        }
    }
    Ok(())
}

/// The defaults are the specification's.
fn retrier(value: &Value, at: String) -> Result<Retrier, DocumentError> {
    let mut fields = Fields::of(value, at)?;
    let errors = errors(&mut fields)?;
    let interval = fields
        .seconds("IntervalSeconds", 1)?
        .unwrap_or(Duration::SECOND);
    let attempts = match fields.optional("MaxAttempts") {
        None => 3,
        Some(value) => value
            .as_u64()
            .and_then(|attempts| u32::try_from(attempts).ok())
            .filter(|attempts| *attempts <= 99_999_999)
            .ok_or_else(|| {
                fields.wrong("MaxAttempts", "has to be a whole number from 0 to 99999999")
            })?,
    };
    let rate = match fields.optional("BackoffRate") {
        None => 2.0,
        Some(value) => value
            .as_f64()
            .filter(|rate| *rate >= 1.0)
            .ok_or_else(|| fields.wrong("BackoffRate", "has to be a number from 1.0 on"))?,
    };
    let longest = fields.seconds("MaxDelaySeconds", 1)?;
    let jitter = match fields.text("JitterStrategy")? {
        None | Some("NONE") => false,
        Some("FULL") => true,
        Some(other) => {
            return Err(DocumentError::unsupported(
                &fields.place("JitterStrategy"),
                other,
            ));
        }
    };
    fields.end()?;
    Ok(Retrier {
        errors,
        interval,
        attempts,
        rate,
        longest,
        jitter,
    })
}

fn catcher(value: &Value, at: String) -> Result<Catcher, DocumentError> {
    let mut fields = Fields::of(value, at)?;
    let catcher = Catcher {
        errors: errors(&mut fields)?,
        next: fields.required_text("Next")?.to_owned(),
        result_path: fields.path("ResultPath", true)?,
    };
    fields.end()?;
    Ok(catcher)
}

fn until(fields: &mut Fields<'_>) -> Result<Until, DocumentError> {
    let seconds = fields
        .seconds_or_path("Seconds", "SecondsPath", 0)?
        .map(Until::After);
    let path = match fields.text("TimestampPath")? {
        Some(path) => Some(Until::AtPath(Path::parse(
            path,
            &fields.place("TimestampPath"),
        )?)),
        None => None,
    };
    let time = match fields.optional("Timestamp") {
        Some(value) => {
            Some(Until::At(choice::timestamp(value).ok_or_else(|| {
                fields.wrong("Timestamp", "has to be a time in RFC 3339")
            })?))
        }
        None => None,
    };
    let mut given = [seconds, path, time].into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(until), None) => Ok(until),
        _ => Err(DocumentError::malformed(
            &fields.at,
            "has exactly one of `Seconds`, `SecondsPath`, `Timestamp` and `TimestampPath`",
        )),
    }
}

fn choice(fields: &mut Fields<'_>) -> Result<Kind, DocumentError> {
    fields.required("Choices")?;
    let mut all = Vec::new();
    for (at, value) in fields.list("Choices")? {
        all.push(rules::top(value, at)?);
    }
    let default = fields.text("Default")?.map(str::to_owned);
    Ok(Kind::Choice {
        rules: all,
        default,
    })
}

fn drawn_text(
    fields: &mut Fields<'_>,
    name: &'static str,
    path_name: &'static str,
) -> Result<Option<Text>, DocumentError> {
    let fixed = fields.text(name)?;
    let drawn = fields.text(path_name)?;
    match (fixed, drawn) {
        (Some(_), Some(_)) => {
            Err(fields.wrong(path_name, &format!("stands beside `{name}`: one is enough")))
        }
        (Some(fixed), None) => Ok(Some(Text::Fixed(fixed.to_owned()))),
        (None, Some(drawn)) => {
            Expression::parse(drawn, &fields.place(path_name)).map(|drawn| Some(Text::Drawn(drawn)))
        }
        (None, None) => Ok(None),
    }
}

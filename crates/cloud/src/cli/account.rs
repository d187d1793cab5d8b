//! `account`: what became of every event, or of one.

use cloud::CloudError;
use cloud::dead_letters::Account;
use cloud::store::Store;
use cloud::trail::{self, Balance, Change, Delivery, Publication, Publications, Try, Way, Why};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::DataFlag;
use super::commands::{kept, print_json};

/// Prints the account, or the way of one event. An account that does not add up is an error.
pub(super) async fn run(
    event: Option<String>,
    data: DataFlag,
    json: bool,
) -> Result<(), CloudError> {
    let store = Store::open(&kept(data)?).await?;
    if let Some(id) = event {
        let way = trail::way(&store, &id).await?;
        if json {
            return print_json(&way);
        }
        print_way(&way);
        return Ok(());
    }
    let balance = trail::balance(&store).await?;
    if json {
        print_json(&balance)?;
    } else {
        print_balance(&balance);
    }
    if balance.adds_up() {
        return Ok(());
    }
    Err(CloudError::Account(balance.mismatches.join("; ")))
}

fn print_balance(balance: &Balance) {
    let Account {
        accepted,
        written,
        late,
        duplicate,
        dead,
        pending,
        unmatched,
    } = balance.account;
    println!("accepted {accepted}");
    println!(
        "  written   {written}\n  late      {late}\n  duplicate {duplicate}\n  dead      {dead}"
    );
    println!("  pending   {pending}\n  unmatched {unmatched}");
    println!("changes of view models {}", balance.changes + balance.early);
    for Publications {
        consumer,
        published,
        dead,
        waiting,
        ..
    } in &balance.publications
    {
        println!("  {consumer}: published {published}, dead {dead}, waiting {waiting}");
    }
    for Why {
        id,
        origin,
        subject,
        cause,
    } in &balance.dead_letters
    {
        println!("dead letter {id} ({origin} {subject}): {cause}");
    }
    match (balance.adds_up(), pending) {
        (false, _) => println!("THE ACCOUNT DOES NOT CLOSE"),
        (true, 0) => println!("It adds up."),
        (true, _) => println!("It adds up, with {pending} events under way."),
    }
}

fn print_way(way: &Way) {
    let Way {
        id,
        source,
        detail_type,
        accepted,
        detail,
        deliveries,
    } = way;
    println!("{id}  {source}  {detail_type}");
    println!("{detail}");
    println!("{}  accepted by the bus", at(*accepted));
    for Delivery {
        rule,
        state,
        cause,
        tries,
        changes,
    } in deliveries
    {
        for Try {
            begun,
            ended,
            outcome,
            cause,
        } in tries
        {
            let took = (*ended - *begun).whole_milliseconds();
            let why = cause.as_deref().map(|cause| format!(": {cause}"));
            println!(
                "{}  handed to the rule {rule}: {outcome} after {took} ms{}",
                at(*begun),
                why.unwrap_or_default()
            );
        }
        changes.iter().for_each(print_change);
        let why = cause.as_deref().map(|cause| format!(": {cause}"));
        println!("It is {state}{}", why.unwrap_or_default());
    }
}

fn print_change(change: &Change) {
    let Change {
        table,
        key,
        revision,
        sequence,
        at: when,
        publications,
    } = change;
    let revision = revision.map(|revision| format!(" as revision {revision}"));
    println!(
        "{}  written to {table} {key}{}, stream record {sequence}",
        at(*when),
        revision.unwrap_or_default()
    );
    for Publication {
        consumer,
        state,
        at: when,
        reached,
        times,
    } in publications
    {
        let again = if *times > 1 {
            format!(", {times} times")
        } else {
            String::new()
        };
        println!(
            "{}  {consumer}: {state}, reached {reached} subscriptions{again}",
            at(*when)
        );
    }
}

fn at(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_default()
}

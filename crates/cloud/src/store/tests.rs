use super::*;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::test]
async fn a_failed_transaction_leaves_nothing() -> Result {
    let store = Store::open(&Data::Memory).await?;
    let failed: std::result::Result<(), StoreError> = store
        .write(|tx| {
            tx.execute(
                "INSERT INTO timers (name, at, payload) VALUES ('a', 1, '{}')",
                [],
            )?;
            Err(StoreError::Closed)
        })
        .await;
    assert!(failed.is_err());
    let left: i64 = store
        .read(|c| {
            Ok::<_, StoreError>(c.query_row("SELECT count(*) FROM timers", [], |r| r.get(0))?)
        })
        .await?;
    assert_eq!(left, 0);
    Ok(())
}

#[tokio::test]
async fn work_that_panics_keeps_nothing_and_the_lane_goes_on() -> Result {
    let store = Store::open(&Data::Memory).await?;
    let insert = "INSERT INTO timers (name, at, payload) VALUES ('a', 1, '{}')";
    let panicked: std::result::Result<(), StoreError> = store
        .write(move |tx| {
            tx.execute(insert, [])?;
            panic!("as a mistake would")
        })
        .await;
    assert!(matches!(panicked, Err(StoreError::Panicked)));
    // It would be there twice.
    store
        .write(move |tx| Ok::<_, StoreError>(tx.execute(insert, [])?))
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named_with_what_to_do() -> Result {
    let root = tempfile::tempdir()?;
    let file = root.path().join("taken");
    std::fs::write(&file, "a file where the folder should be")?;
    let Err(error) = Store::open(&Data::Folder(file.join("data"))).await else {
        return Err("opened a folder under a file".into());
    };
    let message = error.to_string();
    assert!(
        message.contains("taken/data") && message.contains("--data"),
        "{message}"
    );
    Ok(())
}

#[tokio::test]
async fn one_cloud_a_folder() -> Result {
    let root = tempfile::tempdir()?;
    let data = Data::Folder(root.path().to_path_buf());
    let first = Store::open(&data).await?;
    first.claim()?;
    let second = Store::open(&data).await?;
    assert!(matches!(second.claim(), Err(CloudError::InUse { .. })));
    drop(first);
    second.claim()?;
    Ok(())
}

#[tokio::test]
async fn a_file_of_another_version_or_none_of_ours_is_left_alone() -> Result {
    let refused = async |content: &[u8]| -> Result<String> {
        let root = tempfile::tempdir()?;
        let file = root.path().join("eddy.sqlite3");
        if content.is_empty() {
            Connection::open(&file)?.pragma_update(None, "user_version", LAYOUT + 1)?;
        } else {
            std::fs::write(&file, content)?;
        }
        let before = std::fs::read(&file)?;
        let opened = Store::open(&Data::Folder(root.path().to_path_buf())).await;
        assert_eq!(std::fs::read(&file)?, before);
        Ok(opened.err().ok_or("it was opened")?.to_string())
    };
    let newer = refused(b"").await?;
    assert!(
        newer.contains("another version") && newer.contains("--data"),
        "{newer}"
    );
    let foreign = refused(b"a shopping list, certainly longer than nothing").await?;
    assert!(foreign.contains("not a database"), "{foreign}");
    Ok(())
}

/// The first layout had a timer for each state of a simulated order, and restaurant orders for ever.
#[tokio::test]
async fn a_file_of_the_first_layout_is_made_to_fit() -> Result {
    let root = tempfile::tempdir()?;
    let data = Data::Folder(root.path().to_path_buf());
    let timer =
        |name: &str| format!("INSERT INTO timers (name, at, payload) VALUES ('{name}', 1, '{{}}')");
    let letter = |origin: &str, name: &str| {
        format!(
            "INSERT INTO dead_letters (origin, name, subject, cause, attempts, payload, at)
             VALUES ('{origin}', '{name}', '', '', 1, '{{}}', 1)"
        )
    };
    let order = |key: &str, expires: &str, item: &str| {
        format!(
            "INSERT INTO items (tab, key, item, expires) VALUES ('restaurant-orders', '{key}', '{item}', {expires})"
        )
    };
    let stages = r#"{"createdAt": "2027-01-15T07:00:00.000Z", "stages": [
        {"at": "2027-01-15T07:30:00.000Z"}, {"at": "2027-01-15T08:00:00.900Z"}]}"#;
    let older = [
        timer("order/2abc"),
        timer("simulation/2abc"),
        letter("timer", "order/2abc"),
        letter("timer", "simulation/2abc"),
        letter("bus", "order/2abc"),
        order("placed", "NULL", stages),
        order("deleted", "7", r#"{"expiresAt": 7}"#),
        "PRAGMA user_version = 1".to_owned(),
    ];
    drop(Store::open(&data).await?);
    let file = Connection::open(root.path().join(FILE))?;
    file.execute_batch(&older.join(";"))?;
    // Once, however often it is opened.
    for _ in 0..2 {
        let store = Store::open(&data).await?;
        let left = store.read(|connection| {
            let read = |sql: &str| {
                let mut statement = connection.prepare(sql)?;
                let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
                rows.collect::<std::result::Result<Vec<_>, _>>()
            };
            Ok::<_, StoreError>([
                read("SELECT name FROM timers")?,
                read("SELECT origin || ' ' || name FROM dead_letters ORDER BY id")?,
                read(
                    "SELECT key || ' ' || expires || ' ' || json_extract(item, '$.expiresAt')
                     FROM items ORDER BY key",
                )?,
            ])
        });
        // 2027-01-16T08:00:00Z
        let expected = [
            vec!["simulation/2abc"],
            vec!["timer simulation/2abc", "bus order/2abc"],
            vec!["deleted 7 7", "placed 1800086400 1800086400"],
        ];
        assert_eq!(left.await?, expected);
        assert_eq!(layout::of(&file)?, LAYOUT);
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_what_is_kept() -> Result {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tempfile::tempdir()?;
    let folder = root.path().join("data");
    let store = Store::open(&Data::Folder(folder.clone())).await?;
    store.claim()?;
    let mode = |path: &Path| Ok::<_, std::io::Error>(path.metadata()?.permissions().mode() & 0o777);
    assert_eq!(mode(&folder)?, 0o700);
    for name in [FILE, "eddy.sqlite3-wal", "eddy.sqlite3-shm"] {
        assert_eq!(mode(&folder.join(name))?, 0o600, "{name}");
    }
    Ok(())
}

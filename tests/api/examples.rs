//! The examples for users run and print the documented output.

use std::process::Command;

use crate::support::Server;

fn printed(command: &mut Command) -> String {
    let output = command.output().expect("the example starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn the_first_shop_lists_what_two_friends_bought() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/first_shop.sh");
    let text = printed(Command::new("bash").args([script, env!("CARGO_BIN_EXE_guanxi")]));
    let friends = text.lines().find(|line| line.contains("friends_bought")).expect("a list");
    assert!(
        friends.contains(r#""id":"jasmine-tea""#) && friends.contains(r#""count":2"#),
        "{text}"
    );
    assert!(text.contains("gaiwan"), "{text}");
}

#[test]
fn a_list_changes_with_the_second_friends_purchase() {
    let server = Server::start();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/live_updates.py");
    let url = format!("http://{}", server.address());
    let text = printed(Command::new("python3").args([script, &url]));
    let (before, after) = text.split_once("zhao bought").expect("two purchases");
    assert!(!before.contains("2 friends bought it"), "{text}");
    assert!(after.contains("jasmine-tea: 2 friends bought it"), "{text}");
}
